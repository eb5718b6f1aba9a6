/** The ways in which a parcel arrives. */
export const channelNames = ['backhaul', 'flood', 'usb'] as const;
export type ChannelName = (typeof channelNames)[number];
