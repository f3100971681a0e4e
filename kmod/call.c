// SPDX-License-Identifier: GPL-2.0-only
#include "node.h"
#include "serve.h"

/**
 * ssi_call_init() - no call is under way
 * @call: of a node
 */
void ssi_call_init(struct ssi_call *call)
{
	spin_lock_init(&call->lock);
	init_waitqueue_head(&call->wait);
	init_waitqueue_head(&call->turn);
}

static long jiffies_until(unsigned long end)
{
	return time_before(jiffies, end) ? end - jiffies : 1;
}

/**
 * ssi_call_lock() - lock a node's @manage, before the deadline
 * @node: the node
 * @end:  jiffies
 * @why:  a sentence, where refused
 *
 * A management call may hold the lock up to its own deadline, which is no
 * reason to overstep that of the next one.
 *
 * Context: process, may sleep. Return: 0; -ETIMEDOUT; an error of a signal.
 */
int ssi_call_lock(struct ssi_node *node, unsigned long end,
		  struct ssi_refusal *why)
{
	long ret = wait_event_killable_timeout(node->call.turn,
					       mutex_trylock(&node->manage),
					       jiffies_until(end));

	if (ret)
		return min(ret, 0l);
	ssi_refuse(why, "another command on regions or members has not ended");
	return -ETIMEDOUT;
}

/**
 * ssi_call_unlock() - let the next management call begin
 * @node: whose @manage is held
 */
void ssi_call_unlock(struct ssi_node *node)
{
	mutex_unlock(&node->manage);
	wake_up(&node->call.turn);
}

/**
 * ssi_call_begin() - a call is about to be sent
 * @node:  whose @manage is held: there is one call at a time
 * @nodes: bit n: node n will answer
 *
 * Return: the serial number, for the transaction of the messages.
 */
u64 ssi_call_begin(struct ssi_node *node, u64 nodes)
{
	struct ssi_call *call = &node->call;
	u64 serial;

	lockdep_assert_held(&node->manage);
	spin_lock_bh(&call->lock);
	serial = ++call->serial;
	WRITE_ONCE(call->missing, nodes);
	WRITE_ONCE(call->error, 0);
	call->count = 0;
	spin_unlock_bh(&call->lock);
	return serial;
}

static const char *member_error(int error)
{
	switch (error) {
	case -EBUSY:
		return "a program has the region open";
	case -EEXIST:
		return "the name is taken there";
	case -ETIMEDOUT:
		return "its transactions do not end";
	case -ENOSPC:
		return "the regions it knows leave no room in the shares";
	case -ESHUTDOWN:
		return "it leaves";
	case -EHOSTDOWN:
		return "its machine goes to sleep";
	case -ENOTCONN:
		return "its link to another member is down";
	case -EMFILE:
		return "it is in too many regions";
	case -E2BIG:
		return "a region spans at most 32 nodes";
	case -ENOMEM:
		return "it is out of memory";
	case -EISCONN:
		return "its link to the dead node is up";
	case -EALREADY:
		return "another change of the region's members is under way";
	case -ESTALE:
		return "it knows a later change of the region's members";
	case -ENOENT:
		return "it does not know the region";
	default:
		return NULL;
	}
}

static void refused_by(const struct ssi_call *call, struct ssi_refusal *why)
{
	const char *text = member_error(call->error);

	if (text)
		ssi_refuse(why, "node %u refused: %s", call->who, text);
	else
		ssi_refuse(why, "node %u could not do it: error %d", call->who,
			   -call->error);
}

/**
 * ssi_call_await() - wait for the answers to a call
 * @node: whose @manage is held
 * @end:  jiffies
 * @why:  a sentence, where refused
 *
 * Context: process, may sleep. Return: 0, what a node answered, -ETIMEDOUT.
 */
int ssi_call_await(struct ssi_node *node, unsigned long end,
		   struct ssi_refusal *why)
{
	struct ssi_call *call = &node->call;
	long ret;

	lockdep_assert_held(&node->manage);
	ret = wait_event_killable_timeout(call->wait,
					  !READ_ONCE(call->missing) ||
					  READ_ONCE(call->error),
					  jiffies_until(end));
	if (ret < 0)
		return ret;
	if (call->error) {
		refused_by(call, why);
		return call->error;
	}
	if (!call->missing)
		return 0;
	ssi_refuse(why, "node %u did not answer in time",
		   (unsigned int)__ffs64(call->missing));
	return -ETIMEDOUT;
}

/* To our caller these would say something about his own call. */
static int foreign_error(u32 error)
{
	return error == EINTR || error >= ERESTARTSYS ? -EREMOTEIO :
							-(int)error;
}

/**
 * ssi_call_answered() - REGION_REPLY came
 * @job: of the reply, still the caller's
 */
void ssi_call_answered(struct ssi_job *job)
{
	struct ssi_call *call = &job->node->call;
	int error = foreign_error(le32_to_cpu(job->hdr.arg));
	bool asked;

	spin_lock_bh(&call->lock);
	asked = le64_to_cpu(job->hdr.txn) == call->serial &&
		call->missing >> job->hdr.from & 1;
	if (asked) {
		WRITE_ONCE(call->missing,
			   call->missing & ~BIT_ULL(job->hdr.from));
		call->count += le32_to_cpu(job->hdr.page);
		if (error && !call->error) {
			call->who = job->hdr.from;
			WRITE_ONCE(call->error, error);
		}
	}
	spin_unlock_bh(&call->lock);
	if (asked)
		wake_up_all(&call->wait);
	else
		ssi_stat_inc(job->node, STALE);
}

/**
 * ssi_call_reply() - answer a call
 * @job:   of the message that asked, still the caller's
 * @error: 0 or a negative errno
 * @count: a figure that the caller sums up
 *
 * Context: process, may sleep.
 */
void ssi_call_reply(struct ssi_job *job, int error, u32 count)
{
	struct ssi_msg *msg = ssi_job_msg(job, SSI_MSG_REGION_REPLY);

	msg->hdr.arg = cpu_to_le32(-error);
	msg->hdr.page = cpu_to_le32(count);
	ssi_peer_send(job->node, job->hdr.from, msg);
}
