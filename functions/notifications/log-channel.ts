import type { Logger } from "../logger.ts";
import type { Channel } from "./notification.ts";

/** For a stack that names no sender: who reads the log is told. */
export const createLogChannel = (logger: Pick<Logger, "info">): Channel => ({
  name: "log",
  send: async (notification) => logger.info("notification", { ...notification }),
});
