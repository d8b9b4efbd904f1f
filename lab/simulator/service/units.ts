/** Units of a request by AWS's rules: 1 KB to write, 4 KB to read, doubled in transactions. */
import type { Change, Target } from "../engine/engine.ts";
import type { Demand } from "./capacity.ts";

const writeUnitBytes = 1_024;
const readUnitBytes = 4_096;

/** At least one: what is not there is looked for as well. */
export const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / writeUnitBytes));

export const readUnits = (bytes: number, isConsistent: boolean): number =>
  Math.max(1, Math.ceil(bytes / readUnitBytes)) * (isConsistent ? 1 : 0.5);

/**
 * The demands of a write that is applied: the larger of both images, and each entry of an index that is
 * put, replaced or deleted.
 */
export const demandsOf = (change: Change): Demand[] => {
  const { target, bytesBefore, bytesAfter } = change;
  const { table } = target;
  const units = writeUnits(Math.max(bytesBefore, bytesAfter));
  const demands = [{ table, partition: target.id, units }];
  for (const { index, removed, put } of change.indexes) {
    const name = `${table}/${index}`;
    for (const entry of [removed, put]) {
      if (entry === undefined) continue;
      const { partition, bytes } = entry;
      demands.push({ table: name, partition: `${name}/${partition}`, units: writeUnits(bytes) });
    }
  }
  return demands;
};

/** The demand of a write whose condition failed, or that a transaction only checked. */
export const demandOfCheck = ({ table, id }: Target, bytes: number): Demand => ({
  table,
  partition: id,
  units: writeUnits(bytes),
});
