/**
 * One entry of the journal's export format that is larger than an archive may hold: whatever fits of it is kept, field by field, and a field
 * that says what was cut. It is read as it comes, never held. Format: systemd.io/JOURNAL_EXPORT_FORMATS.
 */

/** Of a field that is cut, what is kept; of smaller ones everything, while there is room. */
const keptOfField = 64 * 1024;
/** Names of fields that are told. */
const maxTold = 100;
const lengthBytes = 8;

/** What is being read: a line, a field's length, or its value and the line feed behind it. */
type Part = 'line' | 'length' | 'value';

export class CutEntry {
  readonly #maxBytes: number;
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  #cut: string[] = [];
  #cutFields = 0;
  #part: Part = 'line';
  /** Of the part, its beginning … */
  #pieces: Buffer[] = [];
  #piecesBytes = 0;
  /** … and how long it is so far, or what is left of it. */
  #partBytes = 0;
  #left = 0;
  #name = '';
  /** Its end has been read. */
  isWhole = false;
  cursor: string | undefined;

  /** @param maxBytes of what is kept */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns how many bytes belonged to it; all of them, unless it is whole now */
  take(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && !this.isWhole)
      at +=
        this.#part === 'line' ? this.#takeLine(chunk.subarray(at)) : this.#takeCounted(chunk.subarray(at));
    return at;
  }

  #takeLine(chunk: Buffer): number {
    const end = chunk.indexOf(0x0a);
    this.#hold(end === -1 ? chunk : chunk.subarray(0, end));
    if (end === -1) return chunk.length;
    const [line, bytes] = this.#release();
    const equals = line.indexOf(0x3d);
    if (bytes === 0) this.isWhole = true;
    else if (equals === -1 && bytes === line.length) {
      this.#name = line.toString('latin1');
      this.#expect('length', lengthBytes);
    } else this.#keepText(line, bytes, equals);
    return end + 1;
  }

  #takeCounted(chunk: Buffer): number {
    const some = chunk.subarray(0, this.#left);
    this.#hold(some);
    this.#left -= some.length;
    if (this.#left > 0) return some.length;
    const [value, bytes] = this.#release();
    if (this.#part === 'length') this.#expect('value', Number(value.readBigUInt64LE()) + 1);
    else {
      this.#keepBinary(value, bytes - 1);
      this.#part = 'line';
    }
    return some.length;
  }

  #expect(part: Part, bytes: number): void {
    this.#part = part;
    this.#left = bytes;
  }

  #hold(bytes: Buffer): void {
    this.#partBytes += bytes.length;
    const some = bytes.subarray(0, keptOfField - this.#piecesBytes);
    this.#piecesBytes += some.length;
    if (some.length > 0) this.#pieces.push(Buffer.from(some));
  }

  /** @returns the beginning of a part that has ended, and how long it was */
  #release(): [Buffer, number] {
    const released: [Buffer, number] = [Buffer.concat(this.#pieces), this.#partBytes];
    [this.#pieces, this.#piecesBytes, this.#partBytes] = [[], 0, 0];
    return released;
  }

  #keepText(line: Buffer, bytes: number, equals: number): void {
    const name = equals === -1 ? '' : line.toString('latin1', 0, equals);
    if (name === '__CURSOR') this.cursor = line.toString('latin1', equals + 1);
    if (bytes > line.length || !this.#keep(line, Buffer.from('\n'))) this.#tell(name, bytes - equals - 1);
    if (bytes > line.length && equals !== -1) this.#keep(line, Buffer.from('\n'));
  }

  #keepBinary(value: Buffer, bytes: number): void {
    const kept = value.subarray(0, bytes);
    const length = Buffer.alloc(lengthBytes);
    length.writeBigUInt64LE(BigInt(kept.length));
    const isKept = this.#keep(Buffer.from(`${this.#name}\n`, 'latin1'), length, kept, Buffer.from('\n'));
    if (!isKept || kept.length < bytes) this.#tell(this.#name, bytes);
  }

  #keep(...pieces: Buffer[]): boolean {
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    if (this.#keptBytes + bytes > this.#maxBytes) return false;
    this.#keptBytes += bytes;
    this.#kept.push(...pieces);
    return true;
  }

  #tell(name: string, bytes: number): void {
    this.#cutFields += 1;
    if (this.#cut.length < maxTold) this.#cut.push(`${name.slice(0, 64)} of ${bytes} bytes`);
  }

  /** What is kept, a whole entry. */
  get entry(): Buffer {
    const more = this.#cutFields - this.#cut.length;
    const told = [...this.#cut, ...(more > 0 ? [`${more} more`] : [])].join(', ');
    return Buffer.concat([...this.#kept, Buffer.from(`FERRYMAN_CUT=${told}\n\n`, 'latin1')]);
  }
}
