import type { Channel } from "./notification.ts";

/** For a stack that names no sender: who reads the log is told. */
export const createLogChannel = (logger: {
  info(message: string, line: Record<string, unknown>): void;
}): Channel => ({
  name: "log",
  send: async (notification) => logger.info("notification", { ...notification }),
});
