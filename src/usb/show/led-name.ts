/** A name of the kernel's LED class: a folder under /sys/class/leds. It becomes part of a path. */
export function isLedName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_:.+-]{0,63}$/.test(name);
}
