/** Bytes that can be read anywhere: how the format reads a parcel without knowing of files. */
export interface ByteSource {
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`.
   *
   * @param room where they may be put, when the caller has no use any more for what it holds; at least `length` long
   * @throws FerrymanError `zip.damaged` when the source ends before
   */
  read(offset: number, length: number, room?: Buffer): Buffer;
}
