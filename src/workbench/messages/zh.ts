// The messages of the workbench in Chinese.
import type { Messages } from './en.ts'

export const zh: Messages = {
  site: {
    navigation: '工作台',
    work: '我的工作',
    newSource: '新来源',
    imports: '导入',
    sessions: '登录会话',
    keys: '密钥',
    signOut: '退出',
    signedIn: '已登录：{name}',
    error: '错误',
    errorSummary: '有需要修正的地方',
  },
  notices: {
    signedOut: '您已退出。',
  },
  errors: {
    crossSite: '此表单不是从本站提交的',
    crossSiteAbout:
      '没有保存任何内容。可能有其他网站的页面试图以您的名义操作。如果是您本人在本站提交的，请重新打开页面再试一次。',
    forbidden: '您的密钥没有此权限',
    forbiddenAbout: '此页面需要管理员（admin）密钥。',
    tooLarge: '一次提交的内容过多',
    tooLargeAbout: '没有保存任何内容。请在浏览器中返回，您输入的内容仍在。',
    insecure: '登录需要安全连接',
    insecureAbout: '请使用 https:// 打开本站。如果服务前的代理已启用 HTTPS，请运维人员设置 TRUST_PROXY。',
    back: '返回我的工作',
    failed: '操作未成功',
    failedAbout:
      '没有保存任何内容。请在浏览器中返回，稍后重试。如果问题再次出现，请将请求编号告知运维人员：{id}。',
  },
  session: {
    title: '登录',
    lead: '工作台供持有本服务密钥的人员使用。密钥由运维人员创建。',
    expired: '登录会话已结束。请登录后继续。',
    carried: '您输入的内容没有丢失：登录后表单会按原样重新显示，由您确认提交。',
    fileLost: '文件无法保留：登录后请重新选择文件。',
    key: '密钥',
    keyHint: '以 sco_ 开头。',
    signIn: '登录',
    wrong: '密钥无效。请检查是否完整。',
    empty: '请输入密钥。',
    tooMany: '尝试次数过多。请等待{minutes}后再试。',
    minutes: { other: ' {n} 分钟' },
    resumed: '您已重新登录。内容尚未保存：请检查表单并提交。',
  },
}
