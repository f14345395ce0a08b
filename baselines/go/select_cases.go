package main

import "time"

// selectCases are selects over a number of channels that is known when they are written, as it is
// in nearly every program; reflect.Select takes any number, and allocates. A message says which
// channel it came from, so that a case needs no statement of its own.
type selectCases struct {
	receive      func([]chan uint64) (uint64, bool)
	tryReceive   func([]chan uint64) (uint64, bool)
	receiveUntil func([]chan uint64, <-chan time.Time) (uint64, bool)
}

var selectOver = map[int]selectCases{
	2: {
		receive: func(c []chan uint64) (message uint64, open bool) {
			_ = c[1]
			select {
			case message, open = <-c[0]:
			case message, open = <-c[1]:
			}
			return message, open
		},
		tryReceive: func(c []chan uint64) (message uint64, open bool) {
			_ = c[1]
			select {
			case message, open = <-c[0]:
			case message, open = <-c[1]:
			default:
			}
			return message, open
		},
		receiveUntil: func(c []chan uint64, late <-chan time.Time) (message uint64, open bool) {
			_ = c[1]
			select {
			case message, open = <-c[0]:
			case message, open = <-c[1]:
			case <-late:
			}
			return message, open
		},
	},
	4: {
		receive: func(c []chan uint64) (message uint64, open bool) {
			_ = c[3]
			select {
			case message, open = <-c[0]:
			case message, open = <-c[1]:
			case message, open = <-c[2]:
			case message, open = <-c[3]:
			}
			return message, open
		},
		tryReceive: func(c []chan uint64) (message uint64, open bool) {
			_ = c[3]
			select {
			case message, open = <-c[0]:
			case message, open = <-c[1]:
			case message, open = <-c[2]:
			case message, open = <-c[3]:
			default:
			}
			return message, open
		},
		receiveUntil: func(c []chan uint64, late <-chan time.Time) (message uint64, open bool) {
			_ = c[3]
			select {
			case message, open = <-c[0]:
			case message, open = <-c[1]:
			case message, open = <-c[2]:
			case message, open = <-c[3]:
			case <-late:
			}
			return message, open
		},
	},
	16: {
		receive: func(c []chan uint64) (message uint64, open bool) {
			_ = c[15]
			select {
			case message, open = <-c[0]:
			case message, open = <-c[1]:
			case message, open = <-c[2]:
			case message, open = <-c[3]:
			case message, open = <-c[4]:
			case message, open = <-c[5]:
			case message, open = <-c[6]:
			case message, open = <-c[7]:
			case message, open = <-c[8]:
			case message, open = <-c[9]:
			case message, open = <-c[10]:
			case message, open = <-c[11]:
			case message, open = <-c[12]:
			case message, open = <-c[13]:
			case message, open = <-c[14]:
			case message, open = <-c[15]:
			}
			return message, open
		},
		tryReceive: func(c []chan uint64) (message uint64, open bool) {
			_ = c[15]
			select {
			case message, open = <-c[0]:
			case message, open = <-c[1]:
			case message, open = <-c[2]:
			case message, open = <-c[3]:
			case message, open = <-c[4]:
			case message, open = <-c[5]:
			case message, open = <-c[6]:
			case message, open = <-c[7]:
			case message, open = <-c[8]:
			case message, open = <-c[9]:
			case message, open = <-c[10]:
			case message, open = <-c[11]:
			case message, open = <-c[12]:
			case message, open = <-c[13]:
			case message, open = <-c[14]:
			case message, open = <-c[15]:
			default:
			}
			return message, open
		},
		receiveUntil: func(c []chan uint64, late <-chan time.Time) (message uint64, open bool) {
			_ = c[15]
			select {
			case message, open = <-c[0]:
			case message, open = <-c[1]:
			case message, open = <-c[2]:
			case message, open = <-c[3]:
			case message, open = <-c[4]:
			case message, open = <-c[5]:
			case message, open = <-c[6]:
			case message, open = <-c[7]:
			case message, open = <-c[8]:
			case message, open = <-c[9]:
			case message, open = <-c[10]:
			case message, open = <-c[11]:
			case message, open = <-c[12]:
			case message, open = <-c[13]:
			case message, open = <-c[14]:
			case message, open = <-c[15]:
			case <-late:
			}
			return message, open
		},
	},
	64: {
		receive: func(c []chan uint64) (message uint64, open bool) {
			_ = c[63]
			select {
			case message, open = <-c[0]:
			case message, open = <-c[1]:
			case message, open = <-c[2]:
			case message, open = <-c[3]:
			case message, open = <-c[4]:
			case message, open = <-c[5]:
			case message, open = <-c[6]:
			case message, open = <-c[7]:
			case message, open = <-c[8]:
			case message, open = <-c[9]:
			case message, open = <-c[10]:
			case message, open = <-c[11]:
			case message, open = <-c[12]:
			case message, open = <-c[13]:
			case message, open = <-c[14]:
			case message, open = <-c[15]:
			case message, open = <-c[16]:
			case message, open = <-c[17]:
			case message, open = <-c[18]:
			case message, open = <-c[19]:
			case message, open = <-c[20]:
			case message, open = <-c[21]:
			case message, open = <-c[22]:
			case message, open = <-c[23]:
			case message, open = <-c[24]:
			case message, open = <-c[25]:
			case message, open = <-c[26]:
			case message, open = <-c[27]:
			case message, open = <-c[28]:
			case message, open = <-c[29]:
			case message, open = <-c[30]:
			case message, open = <-c[31]:
			case message, open = <-c[32]:
			case message, open = <-c[33]:
			case message, open = <-c[34]:
			case message, open = <-c[35]:
			case message, open = <-c[36]:
			case message, open = <-c[37]:
			case message, open = <-c[38]:
			case message, open = <-c[39]:
			case message, open = <-c[40]:
			case message, open = <-c[41]:
			case message, open = <-c[42]:
			case message, open = <-c[43]:
			case message, open = <-c[44]:
			case message, open = <-c[45]:
			case message, open = <-c[46]:
			case message, open = <-c[47]:
			case message, open = <-c[48]:
			case message, open = <-c[49]:
			case message, open = <-c[50]:
			case message, open = <-c[51]:
			case message, open = <-c[52]:
			case message, open = <-c[53]:
			case message, open = <-c[54]:
			case message, open = <-c[55]:
			case message, open = <-c[56]:
			case message, open = <-c[57]:
			case message, open = <-c[58]:
			case message, open = <-c[59]:
			case message, open = <-c[60]:
			case message, open = <-c[61]:
			case message, open = <-c[62]:
			case message, open = <-c[63]:
			}
			return message, open
		},
		tryReceive: func(c []chan uint64) (message uint64, open bool) {
			_ = c[63]
			select {
			case message, open = <-c[0]:
			case message, open = <-c[1]:
			case message, open = <-c[2]:
			case message, open = <-c[3]:
			case message, open = <-c[4]:
			case message, open = <-c[5]:
			case message, open = <-c[6]:
			case message, open = <-c[7]:
			case message, open = <-c[8]:
			case message, open = <-c[9]:
			case message, open = <-c[10]:
			case message, open = <-c[11]:
			case message, open = <-c[12]:
			case message, open = <-c[13]:
			case message, open = <-c[14]:
			case message, open = <-c[15]:
			case message, open = <-c[16]:
			case message, open = <-c[17]:
			case message, open = <-c[18]:
			case message, open = <-c[19]:
			case message, open = <-c[20]:
			case message, open = <-c[21]:
			case message, open = <-c[22]:
			case message, open = <-c[23]:
			case message, open = <-c[24]:
			case message, open = <-c[25]:
			case message, open = <-c[26]:
			case message, open = <-c[27]:
			case message, open = <-c[28]:
			case message, open = <-c[29]:
			case message, open = <-c[30]:
			case message, open = <-c[31]:
			case message, open = <-c[32]:
			case message, open = <-c[33]:
			case message, open = <-c[34]:
			case message, open = <-c[35]:
			case message, open = <-c[36]:
			case message, open = <-c[37]:
			case message, open = <-c[38]:
			case message, open = <-c[39]:
			case message, open = <-c[40]:
			case message, open = <-c[41]:
			case message, open = <-c[42]:
			case message, open = <-c[43]:
			case message, open = <-c[44]:
			case message, open = <-c[45]:
			case message, open = <-c[46]:
			case message, open = <-c[47]:
			case message, open = <-c[48]:
			case message, open = <-c[49]:
			case message, open = <-c[50]:
			case message, open = <-c[51]:
			case message, open = <-c[52]:
			case message, open = <-c[53]:
			case message, open = <-c[54]:
			case message, open = <-c[55]:
			case message, open = <-c[56]:
			case message, open = <-c[57]:
			case message, open = <-c[58]:
			case message, open = <-c[59]:
			case message, open = <-c[60]:
			case message, open = <-c[61]:
			case message, open = <-c[62]:
			case message, open = <-c[63]:
			default:
			}
			return message, open
		},
		receiveUntil: func(c []chan uint64, late <-chan time.Time) (message uint64, open bool) {
			_ = c[63]
			select {
			case message, open = <-c[0]:
			case message, open = <-c[1]:
			case message, open = <-c[2]:
			case message, open = <-c[3]:
			case message, open = <-c[4]:
			case message, open = <-c[5]:
			case message, open = <-c[6]:
			case message, open = <-c[7]:
			case message, open = <-c[8]:
			case message, open = <-c[9]:
			case message, open = <-c[10]:
			case message, open = <-c[11]:
			case message, open = <-c[12]:
			case message, open = <-c[13]:
			case message, open = <-c[14]:
			case message, open = <-c[15]:
			case message, open = <-c[16]:
			case message, open = <-c[17]:
			case message, open = <-c[18]:
			case message, open = <-c[19]:
			case message, open = <-c[20]:
			case message, open = <-c[21]:
			case message, open = <-c[22]:
			case message, open = <-c[23]:
			case message, open = <-c[24]:
			case message, open = <-c[25]:
			case message, open = <-c[26]:
			case message, open = <-c[27]:
			case message, open = <-c[28]:
			case message, open = <-c[29]:
			case message, open = <-c[30]:
			case message, open = <-c[31]:
			case message, open = <-c[32]:
			case message, open = <-c[33]:
			case message, open = <-c[34]:
			case message, open = <-c[35]:
			case message, open = <-c[36]:
			case message, open = <-c[37]:
			case message, open = <-c[38]:
			case message, open = <-c[39]:
			case message, open = <-c[40]:
			case message, open = <-c[41]:
			case message, open = <-c[42]:
			case message, open = <-c[43]:
			case message, open = <-c[44]:
			case message, open = <-c[45]:
			case message, open = <-c[46]:
			case message, open = <-c[47]:
			case message, open = <-c[48]:
			case message, open = <-c[49]:
			case message, open = <-c[50]:
			case message, open = <-c[51]:
			case message, open = <-c[52]:
			case message, open = <-c[53]:
			case message, open = <-c[54]:
			case message, open = <-c[55]:
			case message, open = <-c[56]:
			case message, open = <-c[57]:
			case message, open = <-c[58]:
			case message, open = <-c[59]:
			case message, open = <-c[60]:
			case message, open = <-c[61]:
			case message, open = <-c[62]:
			case message, open = <-c[63]:
			case <-late:
			}
			return message, open
		},
	},
}
