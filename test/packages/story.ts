/** The main job inside a bare machine, with whatever `ferryman` and `sign-update` are on its PATH. */
import { expect } from 'vitest';
import type { BareMachine } from './bare-machine.ts';

/** Office and kiosk on one machine: makes a key and sets the node up. */
export async function setUpNode(machine: BareMachine): Promise<void> {
  await succeed(
    machine,
    'sign-update keygen office --no-passphrase; ferryman init --role kiosk --office-key office.pub',
  );
}

/** Signs the folder `update` of /root/, which the shell lines in `making` fill, and applies it. @returns what apply said */
export async function applyUpdate(machine: BareMachine, sequence: number, making: string): Promise<string> {
  const sign = `sign-update sign update/ --key office.key --sequence ${sequence} --to role:kiosk --script run.sh -o ${sequence}.zip`;
  const lines = `rm -rf update; mkdir update; ${making}; chmod 755 update/run.sh; ${sign}; ferryman apply ${sequence}.zip`;
  return succeed(machine, lines);
}

/** Shell lines that have the launcher start the daemon as systemd would, until its version has proved itself. */
export const proveVersion = `/usr/lib/ferryman/launch 2>daemon.log & daemon=$!
for i in $(seq 600); do grep -q proved daemon.log && break; sleep 0.2; done
kill $daemon; wait $daemon; cat daemon.log`;

/** A shell line that writes a script of an update. */
export function scriptOf(lines: string): string {
  return `cat >update/run.sh <<'END'\n#!/bin/sh\nset -eu\n${lines}\nEND\n:`;
}

/** Runs a script that must succeed. @returns its stdout */
export async function succeed(machine: BareMachine, script: string, mounting?: string): Promise<string> {
  const ran = await machine.sh(script, mounting);
  expect({ script, ...ran }).toMatchObject({ script, exitCode: 0 });
  return ran.stdout;
}
