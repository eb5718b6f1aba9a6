/** What the controller tells a runner, as JSON in the run's folder. */
export interface RunnerOrder {
  /** Random, 32 hex digits; every process of the run carries it as `FERRYMAN_NONCE`. */
  readonly nonce: string;
  /** Path of the script, relative to `workingDirectory`. */
  readonly script: string;
  readonly workingDirectory: string;
  /** The update's own folder, kept through all attempts. */
  readonly stateFolder: string;
  /** The script's whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly statusFile: string;
  /** Folder for the captured output. */
  readonly output: string;
  readonly timeoutMs: number;
  /** Between asking the script to stop and killing it. */
  readonly stopMs: number;
}

/** The line by which the controller lets a waiting runner begin. End of file instead: it must not. */
export const goLine = 'go\n';

/** argv[0] of a runner that is the single executable. No file has this name, so nobody starts one by accident. */
export const runnerName = 'ferryman-runner';
