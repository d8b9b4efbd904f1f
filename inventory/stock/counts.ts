/** The counts of a stock level or of a row, or by how much they change. */
export interface Counts {
  onHand: number;
  available: number;
  reserved: number;
  /** Units on hand that are not for sale; absent for none. */
  unavailable?: number;
}

const nothing: Counts = { onHand: 0, available: 0, reserved: 0 };

/** By how much the counts differ; those of a record that is new, from none. */
export const deltasBetween = (before: Counts | undefined, after: Counts) => {
  const { onHand, available, reserved } = before ?? nothing;
  return {
    onHandDelta: after.onHand - onHand,
    availableDelta: after.available - available,
    reservedDelta: after.reserved - reserved,
  };
};
