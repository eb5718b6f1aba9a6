/** Bytes that can be read anywhere: how the format reads a parcel without knowing of files. */
export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes from `offset`. @throws FerrymanError `zip.damaged` when the source ends before */
  read(offset: number, length: number): Buffer;
}
