import type { QueueOptions } from '../contract/queue.ts';
import type { NativeModule } from '../engine/native.ts';
import { measurePace } from './measure-pace.ts';
import { planMemory, type MemoryAnswer, type MemoryQuestion } from './memory.ts';
import type { ModelStore } from './model-store.ts';
import { findModel, loadModel, type LoadedModel } from './models.ts';
import { watchOthers } from './other-load.ts';
import type { PaceHistory, Prediction } from './pace.ts';
import { Turns } from './turns.ts';

export interface PredictorSetting {
  native: NativeModule;
  models: ModelStore;
  history: PaceHistory;
  /** Gets what is measured with, for as long as that takes. */
  folder: string;
  /** Null: no limit. */
  memoryBudgetBytes: () => number | null;
  /** Whether something is being separated: measuring would slow it down, and be wrong. */
  isBusy: () => boolean;
  /** More can be foretold. */
  onMore: () => void;
}

export interface ModelFacts {
  sources: string[];
  rate: number;
  channels: number;
  memory: MemoryAnswer;
}

/** Until what was measured on a busy machine is measured again. */
const restMs = 60_000;

/**
 * Foretells what separating takes on this machine. Memory follows from the model; how long it takes is measured with one
 * segment when nothing like it has run while the machine had nothing else to do.
 */
export class Predictor {
  readonly #setting: PredictorSetting;
  readonly #facts = new Map<string, Promise<ModelFacts>>();
  readonly #turns = new Turns();
  #measuring: { controller: AbortController; ended: Promise<void> } | null = null;
  /** What could not be measured is not tried again: its own turn will say why. */
  readonly #failed = new Set<string>();
  /** When each was measured, milliseconds. */
  readonly #measuredAt = new Map<string, number>();

  constructor(setting: PredictorSetting) {
    this.#setting = setting;
  }

  /** @throws StemwrightError when the model cannot be used, or does not fit into the memory that it may take */
  facts({ model, mode, segmentSeconds, precision }: QueueOptions, threads: number): Promise<ModelFacts> {
    const question: MemoryQuestion = { mode, threads, segmentSeconds, budgetBytes: this.#setting.memoryBudgetBytes() };
    const key = JSON.stringify([model, precision, question]);
    const facts =
      this.#facts.get(key) ??
      this.#withModel({ model, precision }, ({ sources, rate, channels, parts }) => Promise.resolve({ sources, rate, channels, memory: planMemory(parts, question) }));
    this.#facts.set(key, facts);
    facts.catch(() => this.#facts.delete(key));
    return facts;
  }

  /** @return null when it is not known; it is being measured then, if that can be, and `onMore` says when it is */
  time(options: QueueOptions, threads: number, audioSeconds: number, backend: 'cpu' | 'gpu' = 'cpu'): Prediction | null {
    const known = this.#setting.history.predict(options, threads, audioSeconds, backend);
    // What a GPU takes only a song tells.
    if (backend === 'cpu' && (known === null || known.isRough)) {
      this.#measure(options, threads);
    }
    return known;
  }

  get isMeasuring(): boolean {
    return this.#measuring !== null;
  }

  /** To be called when a song's turn comes, and at the end. */
  async makeWay(): Promise<void> {
    this.#measuring?.controller.abort();
    await this.#measuring?.ended;
  }

  /** To be called when models have come or gone. */
  forget(): void {
    this.#facts.clear();
    this.#failed.clear();
  }

  #measure({ model, mode, precision }: QueueOptions, threads: number): void {
    const { history, isBusy, memoryBudgetBytes, native, folder, onMore } = this.#setting;
    const key = JSON.stringify([model, mode, precision, threads]);
    const isFresh = Date.now() - (this.#measuredAt.get(key) ?? -Infinity) < restMs;
    if (this.#measuring !== null || isBusy() || isFresh || this.#failed.has(key)) {
      return;
    }
    const controller = new AbortController();
    const measure = async (): Promise<void> => {
      const question = { mode, threads, segmentSeconds: null, budgetBytes: memoryBudgetBytes() };
      const wasBusy = watchOthers();
      const pace = await this.#withModel({ model, precision }, (loaded) => measurePace(native, loaded, question, { folder, signal: controller.signal }));
      await history.noteMeasured({ model, mode, precision }, threads, pace, wasBusy());
      this.#measuredAt.set(key, Date.now());
    };
    const ended = measure().then(
      () => {
        this.#measuring = null;
        onMore();
      },
      () => {
        this.#measuring = null;
        if (!controller.signal.aborted) {
          this.#failed.add(key);
        }
      },
    );
    this.#measuring = { controller, ended };
  }

  /** One model at a time is in memory. */
  #withModel<T>({ model: id, precision }: Pick<QueueOptions, 'model' | 'precision'>, work: (model: LoadedModel) => Promise<T>): Promise<T> {
    const { native, models } = this.#setting;
    return this.#turns.take('model', async () => {
      const model = await loadModel(native, await findModel(models, id, '/'), { precision });
      try {
        return await work(model);
      } finally {
        model.dispose();
      }
    });
  }
}
