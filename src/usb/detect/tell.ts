/** Says something to whoever runs this node. */
export type Tell = (level: 'info' | 'warning' | 'debug', text: string) => void;
