import { FerrymanError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';

/** A parcel held in memory as a byte source. */
export function bufferSource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => {
      const part = bytes.subarray(offset, offset + length);
      if (part.length !== length)
        throw new FerrymanError(
          'zip.damaged',
          `expected ${length} bytes at ${offset}, found the end of the file`,
        );
      return part;
    },
  };
}
