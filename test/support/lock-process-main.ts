/** The other side of lock-process.ts: one lease at a time, on command. */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { connect } from "../../inventory/dynamodb/database.ts";
import type { LockError } from "../../locks/lock-error.ts";
import type { Lease } from "../../locks/locks.ts";
import { localAccess } from "./local-access.ts";
import type { Command, Told } from "./lock-process.ts";
import type { LocksConfig } from "./lock-server.ts";
import { openLocks } from "./open-locks.ts";
import { openOnce } from "./open-once.ts";

const config = JSON.parse(process.argv[2]!) as LocksConfig;
const locks = openLocks(config);
let lease: Lease | undefined;

const tell = (told: Told): void => void process.send?.(told);

const tellLoss = (signal: AbortSignal): void => {
  signal.addEventListener("abort", () => {
    tell({ told: "lost", loss: (signal.reason as LockError).loss ?? "" });
  });
};

/** A write to the database that carries the token, and is refused if a greater one was there. */
const write = async ({ endpoint, table, key }: Extract<Command, { do: "write" }>) => {
  const client = connect({ ...localAccess, endpoint });
  await client.send(
    new UpdateCommand({
      TableName: table,
      Key: { lockName: key },
      UpdateExpression: "SET fence = :token",
      ConditionExpression: "attribute_not_exists(fence) OR fence <= :token",
      ExpressionAttributeValues: { ":token": lease!.token },
    }),
  );
  client.destroy();
};

const obey = async (command: Command): Promise<Told> => {
  switch (command.do) {
    case "acquire": {
      lease = await locks.acquire(command.names, command.options);
      const { signal, token } = lease;
      tellLoss(signal);
      return { told: "acquired", token };
    }
    case "release":
      await lease?.release();
      return { told: "released" };
    case "write":
      await write(command);
      return { told: "written" };
    case "runOnce":
      await new Promise<void>((begun) => {
        void openOnce(config)(command.key, command.options, (signal) => {
          tellLoss(signal);
          begun();
          return new Promise(() => {});
        });
      });
      return { told: "running" };
    case "close":
      await locks.close();
      return { told: "closed" };
  }
};

const answer = async (command: Command): Promise<void> => {
  try {
    tell(await obey(command));
  } catch (error) {
    const { code, name, message } = error as LockError;
    tell({ told: "failed", code: code ?? name, message });
  }
  // What is left to keep the process alive is then not this channel.
  if (command.do === "close") process.disconnect();
};

process.on("message", (command: Command) => void answer(command));
