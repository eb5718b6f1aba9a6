/** The end of what a program writes: what came before the last `limit` lines is let go while it writes. */
const newline = 10;

interface Piece {
  readonly bytes: Buffer;
  readonly lines: number;
}

export class LastLines {
  readonly #limit: number;
  readonly #pieces: Piece[] = [];
  #lines = 0;
  /** Bytes held: the last lines, and one piece more at most. */
  held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(bytes: Buffer): void {
    const lines = linesOf(bytes);
    this.#pieces.push({ bytes, lines });
    this.#lines += lines;
    this.held += bytes.length;
    // One newline more than lines are wanted: the first line may be cut.
    for (
      let [first] = this.#pieces;
      first && this.#lines - first.lines > this.#limit;
      first = this.#pieces[0]
    ) {
      this.#pieces.shift();
      this.#lines -= first.lines;
      this.held -= first.bytes.length;
    }
  }

  /** The last `limit` lines whole, and maybe some before them. */
  bytes(): Buffer {
    return Buffer.concat(this.#pieces.map(({ bytes }) => bytes));
  }
}

function linesOf(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) lines++;
  return lines;
}
