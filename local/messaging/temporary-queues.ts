/** Queues of this name are temporary: what a killed process has left of them is removed. */
export const temporaryQueuePrefix = "holdfast-temporary-";
