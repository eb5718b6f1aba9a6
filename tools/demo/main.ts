/**
 * `npm run demo`: the main job from end to end, on real files and with the real programs, in a temporary root that is
 * removed at the end. Prints every command before it runs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stage } from './stage.ts';
import { playStory } from './story.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferryman-demo-'));
const remove = (): void => rmSync(folder, { recursive: true, force: true });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    remove();
    process.exit(130);
  });
}

void playStory(new Stage(folder, (text) => void process.stdout.write(text))).finally(remove);
