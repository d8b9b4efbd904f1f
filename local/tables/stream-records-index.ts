import { DatabaseSync } from "node:sqlite";

const busyTimeoutMs = 5_000;

/**
 * With a stream on any table, dynoxide 1.2 looks up the greatest sequence number of the table at
 * every write by reading all of its stream records: after 20,000 of them a write takes ten times as
 * long. With an index on exactly what it asks for, the answer is one step. The engine may be running
 * (SQLite sees to that), and finds the index at its next write.
 */
export const indexStreamRecords = (dynoxideFile: string): void => {
  const database = new DatabaseSync(dynoxideFile, { timeout: busyTimeoutMs });
  try {
    database.exec(
      `CREATE INDEX IF NOT EXISTS holdfast_stream_records_by_sequence_number
       ON _stream_records (table_name, CAST(sequence_number AS INTEGER))`,
    );
  } finally {
    database.close();
  }
};
