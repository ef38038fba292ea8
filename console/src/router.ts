import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { useSession } from './stores/session'

/** Screens of the rail, in their order, with what one needs to see them. */
export const SCREENS = [
  { name: 'reception', icon: 'talk', may: ['chat'] },
  { name: 'today', icon: 'today', may: ['see_today'] },
  { name: 'conversations', icon: 'list', may: ['see_conversations'] },
  { name: 'settings', icon: 'gear', may: ['admin', 'edit_texts', 'audit'] },
] as const

const routes: RouteRecordRaw[] = [
  { path: '/login', name: 'login', component: () => import('./login/Login.vue') },
  {
    path: '/',
    component: () => import('./frame/Frame.vue'),
    children: [
      { path: '', name: 'home', redirect: () => ({ name: firstScreen() }) },
      { path: 'reception/:id?', name: 'reception', component: () => import('./reception/Reception.vue') },
      { path: 'today', name: 'today', component: () => import('./today/Today.vue') },
      { path: 'conversations', name: 'conversations', component: () => import('./conversations/Conversations.vue') },
      { path: 'settings/:part?', name: 'settings', component: () => import('./settings/Settings.vue') },
    ],
  },
  { path: '/:rest(.*)*', redirect: '/' },
]

export function firstScreen(): string {
  const session = useSession()
  return SCREENS.find((s) => s.may.some((m) => session.may(m)))?.name ?? 'settings'
}

// The server answers every path of the console without an extension with its one page.
export const router = createRouter({ history: createWebHistory('/console/'), routes })

router.beforeEach((to) => {
  const session = useSession()
  if (!session.me) {
    return to.name === 'login' ? true : { name: 'login', query: to.redirectedFrom?.path === '/' ? {} : { to: to.fullPath } }
  }
  if (to.name === 'login') return typeof to.query.to === 'string' && to.query.to.startsWith('/') ? to.query.to : { name: 'home' }
  const screen = SCREENS.find((s) => s.name === to.name)
  if (screen && screen.name !== 'settings' && !screen.may.some((m) => session.may(m))) return { name: firstScreen() }
  return true
})
