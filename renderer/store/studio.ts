import { createStore } from 'zustand/vanilla';
import type { StudioClient } from '../client/client.ts';
import { createBenchmarksSlice } from './benchmarks.ts';
import { createCostsSlice } from './costs.ts';
import { createExportSlice } from './export.ts';
import { createHistorySlice } from './history.ts';
import { createMachineSlice } from './machine.ts';
import { createMixSlice } from './mix.ts';
import { createLibrarySlice } from './library.ts';
import { createModeLoadsSlice } from './mode-loads.ts';
import { createModelsSlice } from './models.ts';
import type { Player } from './player.ts';
import { createPresetsSlice } from './presets.ts';
import { createPrintsSlice } from './prints.ts';
import { createProjectSlice } from './project.ts';
import { createQueueSlice } from './queue.ts';
import { createRackSlice } from './rack.ts';
import { createRegionSlice } from './region.ts';
import { createResponsesSlice } from './responses.ts';
import { createRhythmSlice } from './rhythm.ts';
import { createSettingsSlice } from './settings.ts';
import { createShellSlice } from './shell.ts';
import { choiceOf, createSoundSlice } from './sound.ts';
import { createSpectrumSlice } from './spectrum.ts';
import type { StudioState, StudioStore } from './state.ts';
import { createTasksSlice } from './tasks.ts';
import { createTransportSlice } from './transport.ts';
import { createViewSlice } from './view.ts';
import { createWindowSlice } from './window.ts';

/** The whole state of the page. Loads everything anew whenever the connection comes back. */
export function createStudio(client: StudioClient, player: Player): StudioStore {
  const store = createStore<StudioState>((set, get) => {
    const parts = { client, player, set, get };
    return {
      ...createViewSlice(parts),
      ...createSettingsSlice(parts),
      ...createModelsSlice(parts),
      ...createTasksSlice(parts),
      ...createExportSlice(parts),
      ...createPresetsSlice(parts),
      ...createLibrarySlice(parts),
      ...createCostsSlice(parts),
      ...createTransportSlice(parts),
      ...createWindowSlice(parts),
      ...createMixSlice(parts),
      ...createHistorySlice(parts),
      ...createRegionSlice(parts),
      ...createSpectrumSlice(parts),
      ...createSoundSlice(parts),
      ...createRackSlice(parts),
      ...createResponsesSlice(parts),
      ...createRhythmSlice(parts),
      ...createPrintsSlice(parts),
      ...createModeLoadsSlice(parts),
      ...createShellSlice(parts),
      ...createProjectSlice(parts),
      ...createQueueSlice(parts),
      ...createBenchmarksSlice(parts),
      ...createMachineSlice(parts),
    };
  });
  store.subscribe((now, before) => {
    const isSame = now.settings.lastOptions === before.settings.lastOptions && now.shown?.id === before.shown?.id && now.finished?.sourcePath === before.finished?.sourcePath && now.items.length === before.items.length;
    if (!isSame) now.planCosts();
    const isEngineSame = now.settings.threads === before.settings.threads && now.settings.memoryBudgetBytes === before.settings.memoryBudgetBytes && now.settings.backend === before.settings.backend;
    if (!isEngineSame) now.replan();
  });
  store.subscribe(({ settings: { sound } }, before) => {
    if (sound !== before.settings.sound) player.choose(choiceOf(sound));
  });
  store.subscribe((now, before) => {
    if (now.finished?.id !== before.finished?.id) void now.findRhythm();
  });
  client.onConnection((isConnected) => {
    store.setState({ isConnected });
    if (!isConnected) return;
    void store.getState().loadSound();
    const { attempt, loadSettings, loadModels, loadTasks, loadPresets, loadLibrary, loadQueue } = store.getState();
    for (const load of [loadSettings, loadModels, loadTasks, loadPresets, loadLibrary, loadQueue]) void attempt(load);
  });
  return store;
}
