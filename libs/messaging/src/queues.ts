/** The queues between the services. Each service consumes its own; anybody may hint. */
export const QUEUES = ['orca', 'clouddriver', 'kayenta'] as const;
export type QueueName = (typeof QUEUES)[number];
