/** What a stick is, and what is on it: the words that all rooms of the USB channel share. */

export interface Stick {
  /** The block device, or image file, that holds the file system itself, not a partition table. */
  readonly device: string;
  /** Of the USB device, as lsblk tells it. */
  readonly serial: string | undefined;
  /** Differs between two insertions: device path, MAJ:MIN and DISK-SEQ; for an image file its inode and ctime. */
  readonly insertion: string;
  readonly sizeBytes: number;
}

/** As `blkid -p` reads it from the device. Everything in it was written by whoever made the stick. */
export interface FileSystem {
  /** `vfat` (every FAT), `ext4`, … */
  readonly type: string;
  /** Empty where the file system has none; FAT: `BA46-1F6F`. */
  readonly uuid: string;
  /** Fit to be printed; empty where there is none. */
  readonly label: string;
}
