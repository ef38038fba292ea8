/// <reference types="vite/client" />
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}
// Element Plus ships the style of a component as a module of its own.
declare module 'element-plus/es/components/*/style/css'
declare module 'element-plus/es/locale/lang/*'
