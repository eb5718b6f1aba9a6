/** The counter in this node's pings: rises for ever, also over a power cut, so that an old ping is known for one. */
import type { Ledger } from '../../ledger/ledger.ts';

/** Numbers that one write to the ledger reserves. */
const reserved = 1000;

export class OwnCounter {
  readonly #ledger: Ledger;
  /** 16 hex digits, made with the ledger. */
  readonly incarnation: string;
  #next: number;
  #end: number;

  constructor(ledger: Ledger, randomHex: (bytes: number) => string) {
    this.#ledger = ledger;
    const known = ledger.fact('ping-incarnation');
    this.incarnation = known ?? randomHex(8);
    if (known === undefined) ledger.setFact('ping-incarnation', this.incarnation);
    this.#end = Number(ledger.fact('ping-counter') ?? 0);
    this.#next = this.#end + 1;
  }

  next(): number {
    if (this.#next > this.#end) {
      this.#end = this.#next + reserved - 1;
      this.#ledger.setFact('ping-counter', String(this.#end));
    }
    return this.#next++;
  }
}
