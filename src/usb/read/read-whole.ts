/** What a key can be read through: all of it, or what a node looks at. */
interface Readable {
  read(path: string, maxBytes: number): AsyncIterable<Buffer>;
}

/** A whole small file. */
export async function readWhole(files: Readable, path: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of files.read(path, maxBytes)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
