/** Only a path of this page, never a link to elsewhere that begins here: a browser takes `//host` and `/\host` for another host. */
export function ownPath(to: string): string {
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(to) && !to.startsWith('/login') ? to : '/';
}
