/** What the program around usb-detection prints, one line of JSON each. The events say that something changed, nothing more. */
export type UsbEvent =
  | { readonly event: 'ready' }
  | { readonly event: 'add' | 'remove' }
  /** The module is not installed, or its machine code does not load here. */
  | { readonly event: 'unavailable'; readonly why: string };
