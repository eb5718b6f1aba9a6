/** `1 update`, `2 updates`. @param what in the singular */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
