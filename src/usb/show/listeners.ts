/** The browsers that are told each phase as it comes: few, and none that does not read. Server-sent events, one message per state. */
import type { ServerResponse } from 'node:http';
import type { PageState } from './page-state.ts';

/** The screen of the kiosk, and a person who looks from elsewhere through ssh; a browser that is not taken asks instead. */
const maxListeners = 4;
/** Bytes that wait for one that does not read, before it is left. */
const maxWaiting = 64 * 1024;
/** Between two of the percentages, which come with every piece that is copied. */
const percentMs = 250;
/** Without news something is sent all the same, so that one that is gone is noticed. */
const stillHereMs = 15_000;

export class Listeners {
  readonly #responses = new Set<ServerResponse>();
  readonly #stillHere: NodeJS.Timeout;
  #state: PageState;
  #soon: NodeJS.Timeout | undefined;

  constructor(state: PageState) {
    this.#state = state;
    this.#stillHere = setInterval(() => this.#send(':\n\n'), stillHereMs).unref();
  }

  /** Tells everybody; where only the percentage is another one, soon. */
  tell(state: PageState): void {
    const isUrgent =
      JSON.stringify({ ...state, percent: 0 }) !== JSON.stringify({ ...this.#state, percent: 0 });
    this.#state = state;
    if (isUrgent) this.#sendState();
    else this.#soon ??= setTimeout(() => this.#sendState(), percentMs).unref();
  }

  /** @returns false when there are too many already: nothing was written then */
  add(response: ServerResponse, headers: Readonly<Record<string, string>>): boolean {
    if (this.#responses.size >= maxListeners) return false;
    this.#responses.add(response);
    response.on('close', () => this.#responses.delete(response));
    response.on('error', () => undefined); // 'close' follows
    response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream; charset=utf-8' });
    response.write(`retry: 2000\n${message(this.#state)}`);
    return true;
  }

  close(): void {
    clearInterval(this.#stillHere);
    clearTimeout(this.#soon);
    for (const response of this.#responses) response.destroy();
  }

  #sendState(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.#send(message(this.#state));
  }

  #send(text: string): void {
    for (const response of this.#responses) {
      if (response.writableLength > maxWaiting) response.destroy();
      else response.write(text);
    }
  }
}

function message(state: PageState): string {
  return `data: ${JSON.stringify(state)}\n\n`;
}
