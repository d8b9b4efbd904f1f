/** Both images of a record that a commit changes. */
export interface RecordChange<Item> {
  key: string;
  before: Item | undefined;
  after: Item | undefined;
}
