package enforce

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/platform"
	"portcullis/platform/osquery"
	"portcullis/policy"
	"portcullis/store"
)

// osqueryForm is what the agents are called that osquery speaks for. They have no list: osquery enforces nothing.
// Fetched is their last answer, by the digest of what it said, and Told which queries failed in it.
const osqueryForm = "osquery"

const (
	// DefaultEvery is how old the last answer of a device is when it is asked again.
	DefaultEvery = 6 * time.Hour
	// failedEvery is how old it is where some query failed.
	failedEvery = time.Hour
	// lostAfter is for how long an answer is waited for: then it was lost, and the device is asked again.
	lostAfter = 10 * time.Minute
	// believed is for how long a device that is not to be asked is told so without finding out anew who it is. That
	// shows and changes nothing.
	believed = 5 * time.Minute
	// mostWaited is for how many answers is waited at most, and how many are remembered.
	mostWaited = 200_000
)

// Osquery asks devices through osquery what is installed on them, and takes their answers in. It is safe for
// concurrent use.
type Osquery struct {
	agents *Agents
	intake *devices.Intake
	chance io.Reader
	every  time.Duration

	mu sync.Mutex
	// inquiries are what this server knows of who was asked, and has answered.
	inquiries map[string]inquiry
}

// inquiry is what this server remembers of a device, so that one that is not to be asked costs nothing.
type inquiry struct {
	// since is when it was last asked or answered, as far as is known, and until when it is not asked again.
	since, until time.Time
	// key is the hash of a node key, and seen when that was found to be good.
	key  string
	seen time.Time
}

// quiet tells whether a device with the node key need not be asked, as far as is remembered.
func (q inquiry) quiet(now time.Time, key string) bool {
	return q.key == key && lately(now, q.seen, believed) && lately(now, q.since, q.until.Sub(q.since))
}

// NewOsquery makes one over a server's agents and intake. Chance is where node keys come from; every is how old an
// answer is before the device is asked again, DefaultEvery where it is 0.
func NewOsquery(agents *Agents, intake *devices.Intake, chance io.Reader, every time.Duration) *Osquery {
	return &Osquery{agents: agents, intake: intake, chance: chance, every: cmp.Or(every, DefaultEvery), inquiries: map[string]inquiry{}}
}

// errNodeKey says the same whatever is wrong.
var errNodeKey = &fault.Error{Kind: fault.SignedOut, Message: "This node key is not known, or has ended: enrol anew"}

// errSecret says the same whatever is wrong.
var errSecret = &fault.Error{Kind: fault.SignedOut, Message: "This enroll secret is not known, or has ended: give the device another"}

// bySecret is the device of an enroll secret: the token's id, the host and the key, with dots between them.
func bySecret(secret string) (people.Agent, bool) {
	token, rest, _ := strings.Cut(strings.TrimSpace(secret), ".")
	dot := strings.LastIndexByte(rest, '.')
	if token == "" || dot <= 0 {
		return people.Agent{}, false
	}
	return people.Agent{Token: token, Host: rest[:dot], Key: rest[dot+1:]}, true
}

// nodeKey is what a device signs in with once it has enrolled: the token's id, the host in base64url, the nonce and
// what people.NodeKey makes, with dots between them.
func nodeKey(a people.Agent) string {
	return a.Token + "." + base64.RawURLEncoding.EncodeToString([]byte(a.Host)) + "." + a.Nonce + "." + a.Key
}

// byNodeKey is the device of a node key.
func byNodeKey(key string) (people.Agent, bool) {
	parts := strings.Split(key, ".")
	if len(parts) != 4 || slices.Contains(parts, "") {
		return people.Agent{}, false
	}
	host, err := base64.RawURLEncoding.DecodeString(parts[1])
	return people.Agent{Token: parts[0], Host: string(host), Nonce: parts[2], Key: parts[3]}, err == nil
}

// hashOf is what is kept of a node key.
func hashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// Enrol gives a device a node key for its enroll secret; one that it had before ends within a second. A device that is
// not known is enrolled in the body of the secret's token. The address is for the access log.
func (o *Osquery) Enrol(ctx context.Context, e osquery.Enrolment, address string) (string, error) {
	agent, ok := bySecret(e.Secret)
	if !ok {
		return "", errSecret
	}
	if len(osquery.Questions(e.Platform)) == len(osquery.Quiet) {
		return "", fault.In("platform", "This device does not say that it is a Mac, a Windows or a Linux: osquery can be asked about no other")
	}
	actor := people.Actor{Agent: agent, Address: address}
	got, err := o.intake.Report(ctx, actor, []devices.Report{{Host: agent.Host, Name: e.Name, Platform: e.Platform, Source: osqueryForm, NoInventory: true}})
	if err = cmp.Or(err, first(got.Errors)); err != nil {
		if fault.Is(err, fault.SignedOut) {
			return "", errSecret
		}
		return "", err
	}
	nonce := make([]byte, 16)
	if _, err := io.ReadFull(o.chance, nonce); err != nil {
		return "", fmt.Errorf("no node key could be made: %w", err)
	}
	node := agent
	node.Nonce = base64.RawURLEncoding.EncodeToString(nonce)
	node.Key = people.NodeKey(agent.Key, node.Nonce)
	key := nodeKey(node)
	_, err = o.agents.Put(ctx, actor, osqueryForm, Step{Do: func(a *Agent, now store.Time) error {
		// A device that enrols anew may have been set up anew: what it answered before counts no more.
		a.Credential, a.Enrolled, a.Fetched, a.Told = hashOf(key), now, Clock{}, ""
		return nil
	}})
	if err != nil {
		return "", err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.inquiries, agent.Host)
	return key, nil
}

func first(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	return errs[0]
}

// open finds out whose node key it is. What the agent has is read anew, or may be what was read when it
// was asked a moment ago.
func (o *Osquery) open(ctx context.Context, key, address string, anew bool) (people.Actor, Agent, policy.Host, error) {
	agent, ok := byNodeKey(key)
	if !ok {
		return people.Actor{}, Agent{}, policy.Host{}, errNodeKey
	}
	actor := people.Actor{Agent: agent, Address: address}
	a, host, err := o.agents.open(ctx, actor, osqueryForm, opening{anew: anew, also: o.intake.Notice})
	if fault.Is(err, fault.SignedOut) || err == nil && subtle.ConstantTimeCompare([]byte(a.Credential), []byte(hashOf(key))) == 0 {
		err = errNodeKey
	}
	return actor, a, host, err
}

// Known returns a fault of the kind SignedOut unless a node key is good.
func (o *Osquery) Known(ctx context.Context, key, address string) error {
	_, _, _, err := o.open(ctx, key, address, true)
	if fault.Is(err, fault.NotFound) { // the key is good, and the fleet has not followed yet
		return nil
	}
	return err
}

// Ask is what to ask a device, as distributed/read answers it, and whether that is anything. A personal device is asked
// nothing.
func (o *Osquery) Ask(ctx context.Context, key, address string) (questions []byte, asks bool, err error) {
	agent, _ := byNodeKey(key)
	o.mu.Lock()
	known := o.inquiries[agent.Host]
	o.mu.Unlock()
	if known.quiet(o.agents.now(), hashOf(key)) {
		return osquery.Quiet, false, nil
	}
	_, a, host, err := o.open(ctx, key, address, true)
	if fault.Is(err, fault.NotFound) {
		return osquery.Quiet, false, nil // it has only just enrolled, or is in use no more
	}
	if err != nil || host.Ownership != policy.Corporate && host.Ownership != 0 || !o.due(&a) {
		return osquery.Quiet, false, err
	}
	o.agents.Unmoved(agent, &a)
	return osquery.Questions(host.Platform), true, nil
}

// due tells whether a device is to be asked now, and notes that it is.
func (o *Osquery) due(a *Agent) bool {
	now := o.agents.now()
	o.mu.Lock()
	defer o.mu.Unlock()
	q := o.inquiries[a.Host]
	if last := a.Fetched.At.Time(); !last.IsZero() && q.since.Before(last) && !now.Before(last) {
		q.since, q.until = last, last.Add(o.again(a.Told))
	}
	due := q.since.IsZero() || !lately(now, q.since, q.until.Sub(q.since))
	if due {
		q.since, q.until = now, now.Add(min(lostAfter, o.every))
	}
	q.key, q.seen = a.Credential, now
	o.note(now, a.Host, q)
	return due
}

// again is how long after an answer a device is asked again.
func (o *Osquery) again(told string) time.Duration {
	if told != "" {
		return min(o.every, failedEvery)
	}
	return o.every
}

// lately tells whether something was less than so long ago. What a clock that was put back has still before it was
// at no time that counts.
func lately(now, then time.Time, span time.Duration) bool {
	return !then.IsZero() && !now.Before(then) && now.Sub(then) < span
}

// note remembers an inquiry, while there is room; what nobody waits for any more makes room.
func (o *Osquery) note(now time.Time, host string, q inquiry) {
	if _, known := o.inquiries[host]; !known && len(o.inquiries) >= mostWaited {
		maps.DeleteFunc(o.inquiries, func(_ string, q inquiry) bool { return !lately(now, q.since, lostAfter) })
		if len(o.inquiries) >= mostWaited {
			clear(o.inquiries) // they are asked once more than needed
		}
	}
	o.inquiries[host] = q
}

// Took is what became of answers.
type Took struct {
	// Unchanged is that they say what is known already, Nothing that none of them says what is installed, and Partial
	// that what they do not name may still be there.
	Unchanged, Nothing, Partial bool
	// Failed is how many queries failed.
	Failed int
}

// Take takes in the answers of a device. What a query that failed would have said stays as it was.
func (o *Osquery) Take(ctx context.Context, m *osquery.Message, address string) (Took, error) {
	actor, a, host, err := o.open(ctx, m.NodeKey, address, false)
	if err != nil {
		return Took{}, err
	}
	digest := saidDigest(m.Said())
	text := fmt.Sprintf("%016x", digest)
	if a.Fetched.Digest == text { // else what failed in it is not known
		same, err := o.intake.Unchanged(ctx, actor, host.ID, digest, time.Time{})
		if err != nil {
			return Took{}, err
		}
		if same {
			return Took{Unchanged: true}, o.answered(ctx, actor, &a, text, a.Told, Took{})
		}
	}
	answers, err := m.Answers(host.Platform)
	if err != nil {
		return Took{}, &fault.Error{Kind: fault.Invalid, Message: err.Error()}
	}
	took, told := tookOf(answers)
	if err := o.report(ctx, actor, &host, answers.Report, digest); err != nil {
		return Took{}, err
	}
	return took, o.answered(ctx, actor, &a, text, told, took)
}

// tookOf is what became of answers that were read, and which queries failed.
func tookOf(answers *osquery.Answers) (Took, string) {
	took := Took{Nothing: answers.Report == nil, Partial: answers.Report != nil && answers.Report.Partial, Failed: len(answers.Failed)}
	var failed []string
	for _, name := range slices.Sorted(maps.Keys(answers.Failed)) {
		failed = append(failed, fmt.Sprintf("%.60s: %.200s", name, answers.Failed[name]))
	}
	return took, strings.ToValidUTF8(strings.Join(failed[:min(len(failed), 10)], "; "), "\ufffd")
}

// report takes in what is installed; nil is not known.
func (o *Osquery) report(ctx context.Context, actor people.Actor, host *policy.Host, found *platform.Report, digest uint64) error {
	if found == nil {
		return nil
	}
	r := devices.ReportOf(found, platform.Assumptions{Device: host.ID, Platform: host.Platform}, osqueryForm, func(platform.Problem) {})
	r.Host, r.Name, r.Digest = host.ID, "", digest // whoever it says it is
	got, err := o.intake.Report(ctx, actor, []devices.Report{r})
	return cmp.Or(err, first(got.Errors))
}

// answered notes that a device has answered. Where nothing says what is installed, it has not, and is asked again when
// its answer counts as lost.
func (o *Osquery) answered(ctx context.Context, actor people.Actor, a *Agent, digest, told string, took Took) error {
	if !took.Nothing && a.Fetched.Digest == digest && a.Told == told {
		o.agents.StillFetched(a, 0)
	} else if !took.Nothing || a.Told != told {
		_, err := o.agents.Put(ctx, actor, osqueryForm, Step{Do: func(a *Agent, now store.Time) error {
			if a.Told = told; !took.Nothing {
				a.Fetched = Clock{Digest: digest, At: now}
			}
			return nil
		}})
		if err != nil {
			return err
		}
	}
	if took.Nothing {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.agents.now()
	o.note(now, a.Host, inquiry{since: now, until: now.Add(o.again(told)), key: a.Credential, seen: now})
	return nil
}

// saidDigest is what texts are known by; never 0.
func saidDigest(texts [][]byte) uint64 {
	h := sha256.New()
	var length [8]byte
	for _, t := range texts {
		binary.BigEndian.PutUint64(length[:], uint64(len(t)))
		h.Write(length[:]) // a hash never fails
		h.Write(t)
	}
	return binary.BigEndian.Uint64(h.Sum(nil)[:8]) | 1
}
