/** What is typed after `npm run simulate --`. */
import { parseArgs } from 'node:util';
import { usageError } from '../../src/command-line/values.ts';
import type { TimeToLive } from './read-scenario.ts';
import type { Limits } from './scenario.ts';
import { isPolicyName, policyNames, type PolicyName } from './simulate.ts';

export const help = `Usage: npm run simulate -- --contacts FILE --messages FILE [options]

Plays a contact trace through the decisions that ferryman makes: what is pulled,
what goes when room is short, what acknowledgements remove. Each message is an
archive of its origin; the node it is for acknowledges it.

  --contacts FILE  who meets whom, as The ONE's connectivity report has it:
                   lines "time CONN a b up" and "... down" (required)
  --messages FILE  what is sent, as its created-messages report has it:
                   lines "time ID size from to TTL isResponse" (required)
  --buffer-mb N    buffer of each node, in MB of 1,000,000 bytes
                   (not given: no limit)
  --kbps N         speed of a contact, in kB of 1,000 bytes a second
                   (not given: everything passes at once)
  --ttl-min N      minutes after which a message is of no use; "file": as each
                   line says (not given: never)
  --policy NAME    ${policyNames.join(', ')}; the first is the default,
                   the others are there to compare with
  --json           one line of JSON, with the delay of every message
  --help           this text

Times are seconds, sizes bytes; c42 is the node 42; lines that begin with # are
left out. More: docs/simulate.md

Examples:
  npm run simulate -- --contacts fixtures/traces/village.contacts.txt \\
      --messages fixtures/traces/village.messages.txt
  npm run simulate -- --contacts C --messages M \\
      --buffer-mb 5 --kbps 250 --ttl-min 300
`;

export interface Options {
  readonly contacts: string;
  readonly messages: string;
  readonly limits: Limits;
  readonly ttl: TimeToLive;
  readonly policy: PolicyName;
  readonly json: boolean;
}

/** @returns `help` when it was asked for. @throws FerrymanError `usage.invalid` */
export function readOptions(argv: readonly string[]): Options | 'help' {
  const values = parse(argv);
  if (values.help) return 'help';
  const { contacts, messages, policy } = values;
  if (contacts === undefined) throw usageError('--contacts: expected a file, found nothing');
  if (messages === undefined) throw usageError('--messages: expected a file, found nothing');
  if (!isPolicyName(policy))
    throw usageError(`--policy: expected one of ${policyNames.join(', ')}, found "${policy}"`);
  const ttl = values['ttl-min'];
  return {
    contacts,
    messages,
    limits: {
      bufferBytes: amount('--buffer-mb', values['buffer-mb'], 1_000_000),
      bytesPerSecond: amount('--kbps', values.kbps, 1000),
    },
    ttl: ttl === 'file' ? ttl : amount('--ttl-min', ttl, 1),
    policy,
    json: values.json,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        contacts: { type: 'string' },
        messages: { type: 'string' },
        'buffer-mb': { type: 'string' },
        kbps: { type: 'string' },
        'ttl-min': { type: 'string' },
        policy: { type: 'string', default: policyNames[0] ?? '' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // Node says so of what it cannot understand
    throw usageError(error.message.split('\n')[0] ?? '');
  }
}

/** A number above 0, times its unit; Infinity when it is not given. */
function amount(name: string, word: string | undefined, unit: number): number {
  if (word === undefined) return Infinity;
  const number = Number(word);
  if (!/^\d{1,12}(?:\.\d{1,9})?$/.test(word) || number <= 0)
    throw usageError(`${name}: expected a number above 0, found "${word}"`);
  return number * unit;
}
