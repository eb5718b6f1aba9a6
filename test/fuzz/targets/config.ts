/** Any text in the place of config.toml is a configuration within its limits, or all its problems are told in words. */
import { problemText, readConfig } from '../../../src/node/config/read-config.ts';
import { holds, type Target } from '../target.ts';

const required =
  '[node]\nguid = "9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11"\nrole = "kiosk"\n[trust]\nthreshold = 1\n';
const whole = `${required}[channels]\nbackhaul = "/srv/in"\nusb = "/media/usb"\nrescanSeconds = 30\nquietSeconds = 600
[run]\nstopSeconds = 10\ndeferFirstSeconds = 60\ndeferMaxSeconds = 600\nrebootCommand = ["reboot"]
[report]\nsyslog = false\n[[report.sinks]]\ntype = "file"\nname = "a"\npath = "/x"\n[[report.sinks]]\ntype = "exec"\nname = "b"\ncommand = ["sms"]
[[report.sinks]]\ntype = "webhook"\nname = "c"\nurl = "https://example.org/x"\n[log]\nlevel = "debug"\n[retention]\nlogDays = 3\n`;

export const config: Target = {
  name: 'config',
  maxBytes: 8 * 1024,
  blocksPerByte: 30,
  words: [
    '"""',
    "'''",
    '[[',
    ']]',
    '[a.b]\n',
    '# ',
    '0x1',
    '1_000',
    '1979-05-27T07:32:00Z',
    '{ a = 1 }',
    '\\u00e9',
    'inf',
    'nan',
    '/../',
  ],
  seeds: () =>
    [required, whole, `${whole}[x]\n`, 'a = 1e3', '[[a]]\nb = 1979-05-27'].map((text) => Buffer.from(text)),
  run(input) {
    const root = '/root/of/the/node';
    const { config: read, problems } = readConfig(input.toString(), root);
    if (!read) {
      holds(problems.length > 0, 'what is refused has a reason');
      for (const problem of problems) {
        holds(
          !/[\p{C}\p{Zl}\p{Zp}]/u.test(problemText(problem)),
          'a problem is one line that no terminal acts on',
        );
        holds(problemText(problem).length < 1000, 'a problem is told shortly');
      }
      return problems[0]?.expected ?? '';
    }
    const { node, trust, channels, usb, report, run } = read;
    holds(Number.isInteger(trust.threshold) && trust.threshold >= 1, 'a threshold is 1 or more');
    holds(Number.isSafeInteger(node.baseline) && node.baseline >= 0, 'a baseline is a whole number');
    const files = report.sinks.flatMap((sink) => (sink.type === 'file' ? [sink.path] : []));
    for (const path of [channels.backhaul, ...usb.slots, ...files])
      holds(path === root || path.startsWith(`${root}/`), 'paths stand under the root');
    holds(
      new Set(report.sinks.map(({ name }) => name)).size === report.sinks.length,
      'sinks have names of their own',
    );
    for (const seconds of [
      channels.rescanSeconds,
      channels.quietSeconds,
      run.stopSeconds,
      run.deferMaxSeconds,
    ])
      holds(Number.isInteger(seconds) && seconds >= 1, 'waits are whole seconds');
    return 'accepted';
  },
};
