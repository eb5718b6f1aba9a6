/** A real gammu-smsd with its dummy phone: what is put into the phone's folder has come by air, what it sends is moved to `sent`. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '../kit/kiosk.ts';

export const hasGammu = hasProgram('gammu-smsd');
export const hasCompiler = hasProgram('tcc');

function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

export class Gammu {
  readonly folder = temporaryFolder();
  readonly spool: string;
  readonly #phone = join(this.folder, 'phone/sms/1');
  readonly #rc = join(this.folder, 'smsdrc');
  #process: ChildProcess | undefined;
  #next = 1;

  /** @param hook as RunOnReceive has it */
  constructor({ spool, hook }: { readonly spool?: string; readonly hook?: string } = {}) {
    this.spool = spool ?? join(this.folder, 'spool');
    for (const name of ['inbox', 'outbox', 'sent', 'error'])
      mkdirSync(join(this.spool, name), { recursive: true });
    mkdirSync(this.#phone, { recursive: true });
    const phone = ['[gammu]', 'model = dummy', 'connection = none', `port = ${this.folder}/phone`];
    const daemon = ['[smsd]', 'service = files', `logfile = ${this.folder}/log`, 'debuglevel = 1'];
    const pace = ['loopsleep = 1', 'receivefrequency = 1', 'statusfrequency = 0'];
    const folders = [
      `inboxpath = ${this.spool}/inbox/`,
      `outboxpath = ${this.spool}/outbox/`,
      `sentsmspath = ${this.spool}/sent/`,
      `errorsmspath = ${this.spool}/error/`,
      'inboxformat = unicode',
      'transmitformat = 7bit',
    ];
    const run = hook === undefined ? [] : [`runonreceive = ${hook}`];
    const lines = [...phone, 'gammuloc = /dev/null', ...daemon, ...pace, ...folders, ...run];
    writeFileSync(this.#rc, `${lines.join('\n')}\n`);
  }

  /** @param dead a number that takes no text; needs a compiler */
  start(dead?: string): void {
    const env =
      dead === undefined ? {} : { LD_PRELOAD: deadNumbers(this.folder), FERRYMAN_DEAD_NUMBER: dead };
    this.#process = spawn('gammu-smsd', ['-c', this.#rc], {
      stdio: 'ignore',
      cwd: this.folder,
      env: { ...process.env, ...env },
    });
  }

  /** Ends it in the midst of whatever it does. */
  async kill(): Promise<void> {
    const running = this.#process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => void running.once('exit', resolve));
    running.kill('SIGKILL');
    await gone;
  }

  /** Puts a text into the phone. @param part of a text in several parts: its number and how many there are */
  arrive(text: string, from = '+15550001', part?: readonly [number, number]): void {
    const hex = Array.from(text, (_, at) => text.charCodeAt(at).toString(16).padStart(4, '0')).join('');
    const body = hex.match(/.{1,200}/g) ?? [];
    const lines = [
      '[SMSBackup000]',
      'SMSC = "123"',
      `Number = "${from}"`,
      'State = UnRead',
      'Coding = Default_No_Compression',
      'Folder = 1',
      'Length = 160',
      'Class = -1',
      'DateTime = 20261121T205500',
      ...(part ? [`UDH = 050003A5${two(part[1])}${two(part[0])}`] : []),
      ...body.map((piece, index) => `Text${String(index).padStart(2, '0')} = ${piece}`),
    ];
    writeFileSync(join(this.#phone, String(this.#next++)), `${lines.join('\n')}\n`);
  }

  names(folder: 'inbox' | 'outbox' | 'sent' | 'error'): string[] {
    return readdirSync(join(this.spool, folder)).toSorted();
  }

  /** What was sent, oldest name first. */
  sent(): string[] {
    return this.names('sent').map((name) => textOf(join(this.spool, 'sent', name)));
  }

  log(): string {
    const file = join(this.folder, 'log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Compiles what makes the dummy phone, which sends everything, fail. @returns the library */
function deadNumbers(folder: string): string {
  const library = join(folder, 'dead-number.so');
  const source = join(import.meta.dirname, 'dead-number.c');
  execFileSync('tcc', ['-shared', '-nostdlib', '-nostdinc', '-o', library, source]);
  return library;
}

/** A file that ferryman has written for gammu-smsd. */
export function textOf(path: string): string {
  return readFileSync(path, 'utf16le').slice(1);
}

export async function until(holds: () => boolean, patienceMs = 60_000): Promise<void> {
  for (let waited = 0; waited < patienceMs && !holds(); waited += 50) await sleep(50);
}

function two(value: number): string {
  return value.toString(16).padStart(2, '0');
}
