import type { ModelDescriptor, OfferedModel } from '../../store/types.ts';
import { inLaneOrder } from '../../units/stems.ts';

/** SDR in dB, stem by stem, of one or several ways to get them. */
export interface QualityTable {
  title: string;
  columns: string[];
  /** The column that the table is about. */
  subject: number;
  rows: { stem: string; values: (number | null)[] }[];
}

function table(title: string, columns: readonly string[], subject: number, stems: readonly string[], valueOf: (stem: string, column: string) => number | null): QualityTable {
  return { title, columns: [...columns], subject, rows: inLaneOrder(stems).map((stem) => ({ stem, values: columns.map((column) => valueOf(stem, column)) })) };
}

/** What is known of a model: measured here set by set, or as its makers published it. */
export function qualityTables({ quality, published }: Pick<ModelDescriptor, 'quality' | 'published'>): QualityTable[] {
  const sets = [...new Set(quality.map(({ set }) => set))];
  const measured = sets.map((set) => {
    const lines = quality.filter((line) => line.set === set);
    return table(set, ['Full', 'Time only', 'The mix itself'], 0, lines.map(({ stem }) => stem), (stem, column) => {
      const line = lines.find((each) => each.stem === stem);
      return line === undefined ? null : { Full: line.full, 'Time only': line.timeOnly, 'The mix itself': line.mix }[column] ?? null;
    });
  });
  return published === null ? measured : [...measured, publishedTable(published)];
}

export function publishedTable({ set, stems }: NonNullable<OfferedModel['quality']>): QualityTable {
  return table(set, ['Full'], 0, Object.keys(stems), (stem) => stems[stem] ?? null);
}

/** The model in the box, on the first set of its card, beside one that is offered. Their sets of songs differ: the gap is real, its size is not. */
export function comparison(house: Pick<ModelDescriptor, 'name' | 'quality'>, offered: OfferedModel): QualityTable | null {
  const { quality, id } = offered;
  if (quality === null) return null;
  const first = house.quality[0]?.set;
  const own = (stem: string): number | null => house.quality.find((line) => line.set === first && line.stem === stem)?.full ?? null;
  return table('', [house.name, id], 1, Object.keys(quality.stems), (stem, column) => (column === id ? (quality.stems[stem] ?? null) : own(stem)));
}

/** dB that time-only loses on average over the first set; null where it is not measured. */
export function timeOnlyLoss(quality: ModelDescriptor['quality']): number | null {
  const lines = quality.filter(({ set }) => set === quality[0]?.set);
  if (lines.length === 0) return null;
  return lines.reduce((sum, { full, timeOnly }) => sum + full - timeOnly, 0) / lines.length;
}
