import type { StoreApi } from 'zustand/vanilla';
import type { StudioClient } from '../client/client.ts';
import type { ModelsSlice } from './models.ts';
import type { Player } from './player.ts';
import type { ProjectSlice } from './project.ts';
import type { QueueSlice } from './queue.ts';
import type { SettingsSlice } from './settings.ts';
import type { TransportSlice } from './transport.ts';
import type { ViewSlice } from './view.ts';

export type StudioState = QueueSlice & ProjectSlice & ModelsSlice & SettingsSlice & TransportSlice & ViewSlice;
export type StudioStore = StoreApi<StudioState>;

/** What a slice works with. */
export interface Parts {
  client: StudioClient;
  player: Player;
  set: StudioStore['setState'];
  get: StudioStore['getState'];
}
