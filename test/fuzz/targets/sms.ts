/** Whatever text comes by SMS: one that is taken apart is put together again the same, fits one SMS, and only its node's key makes it believed. */
import { isWrittenBy, keyOfNode, smsCheck } from '../../../src/sms/check.ts';
import { formatSms, parseSms, type SmsFacts } from '../../../src/sms/text.ts';
import { septetsOf } from '../../../src/report/gsm7.ts';
import { fixedKey } from '../../../fixtures/kit/keys.ts';
import { holds, type Target } from '../target.ts';

const guid = '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11';
const key = keyOfNode(fixedKey(1).bytes.subarray(0, 32), fixedKey(2).bytes.subarray(32));
const facts: SmsFacts = {
  node: '9f1c1d5e',
  name: 'Mill Road',
  sequence: 42,
  state: 'failed',
  how: 'exit 3',
  words: 'Kernel fix: no space left',
  incarnation: 'a3f9',
  counter: 17,
};
const sound = formatSms(facts, (checked) => smsCheck(key, guid, checked));

export const sms: Target = {
  name: 'sms',
  maxBytes: 1024,
  blocksPerByte: 60,
  words: [' #42 ', ' #? ', ' failed exit 3: ', ' SIGKILL: ', ' =a3f9-17.', '000000000000', '€', '{', ' ='],
  seeds: () =>
    [
      sound,
      formatSms({ ...facts, name: '', sequence: null, how: '', words: '' }, () => '000000000000'),
      formatSms({ ...facts, words: '€'.repeat(100) }, () => 'zzzzzzzzzzzz'),
      'Please call me back',
    ].map((text) => Buffer.from(text)),
  run(input) {
    const written = input.toString();
    const text = parseSms(written);
    if (!text) return 'no text of a node';
    holds((septetsOf(written) ?? Infinity) <= 160, 'it fits one SMS');
    holds(formatSms(text, () => text.check) === written, 'it has one spelling');
    holds(isWrittenBy(text, guid, key) === (written === sound), 'only what the node wrote is believed');
    holds(!/[\p{C}\p{Zl}\p{Zp}]/u.test(text.words), 'no terminal acts on its words');
    return text.words === '' ? 'without words' : 'with words';
  },
};
