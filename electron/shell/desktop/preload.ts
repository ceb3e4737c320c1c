/** Runs in the page's process, sandboxed, before the page. Bundled into one CommonJS file. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { exposeStudio } from './expose.ts';

exposeStudio({ contextBridge, ipcRenderer, webUtils });
