/** The name of the prepared summary in an offer: what the endpoint prints. Apart, so that the endpoint loads nothing else for it. */
export const summaryName = 'summary.json';
