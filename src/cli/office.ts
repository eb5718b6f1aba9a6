import type { Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { version } from '../command-line/version.ts';
import { officeApp } from '../office/app.ts';
import { officeOver } from '../office/office-over.ts';
import { serve } from '../office/serve.ts';
import { parseListen } from '../office/settings.ts';
import type { OfficeEvent } from '../office/web/environment.ts';
import { usageError } from '../command-line/values.ts';
import { daemonLog } from './daemon-log.ts';
import { atDesk, nodeLogFolder } from './office-options.ts';

export function run(input: Input, io: Io): Promise<number> {
  return atDesk(input, io, async (desk) => {
    const listen = parseListen(desk.config.office.listen);
    if (!listen) throw usageError('office.listen: expected HOST:PORT');
    const log = daemonLog(desk.config.log, io);
    const tell = ({ level, requestId, text }: OfficeEvent): void =>
      log({ level, subject: requestId === '' ? 'office' : `office ${requestId}`, text });
    const serving = await serve(
      officeApp(
        officeOver(desk.store, desk.config.office, {
          version,
          tell,
          logFolder: (guid) => nodeLogFolder(desk.layout, guid),
        }),
      ),
      listen,
    );
    const { address } = desk.config.office;
    const where = address === '' ? `http://${desk.config.office.listen}` : address;
    tell({ level: 'info', requestId: '', text: `serves ${where}, from ${desk.store.where}` });
    if ((await desk.accounts.users()).length === 0)
      tell({
        level: 'warning',
        requestId: '',
        text: 'nobody may log in yet: ferryman office-user add NAME --role operator',
      });
    await stopped(io.stop);
    await serving.close();
    return 0;
  });
}

function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
}
