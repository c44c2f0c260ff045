-- Its endpoint is gone.
forget()
return reply('ok')
