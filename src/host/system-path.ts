/** Where programs are looked for that are named without a path, whatever the PATH is that ferryman was started with. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
