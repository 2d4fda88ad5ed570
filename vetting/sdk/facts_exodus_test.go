package sdk

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portcullis/internal/shared"
)

// listed is what the test reads of an entry of Exodus's list.
type listed struct {
	Name          string `json:"name"`
	CodeSignature string `json:"code_signature"`
}

func (e listed) signatures() []string {
	return slices.DeleteFunc(strings.Split(e.CodeSignature, "|"), func(s string) bool { return s == "" })
}

func exodusList(t *testing.T) map[string]listed {
	dir := shared.Dir(t)
	if dir == "" {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(dir, "sdk", "exodus_trackers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Trackers map[string]listed `json:"trackers"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Trackers) < 400 {
		t.Fatalf("%d trackers", len(list.Trackers))
	}
	return list.Trackers
}

// signs reports whether a signature of Exodus's, which may stand anywhere in a name, is in a class.
func signs(signature, class string) bool {
	if strings.HasPrefix(signature, ".") {
		return strings.Contains(class, signature)
	}
	return strings.HasPrefix(class, signature)
}

// signed is a class that a signature of Exodus's finds.
func signed(signature string) string {
	if strings.HasPrefix(signature, ".") {
		signature = "com" + signature
	}
	return sample(signature)
}

// cited returns the trackers that a kit's sources name.
func cited(f *fact) (ids []string) {
	for _, ref := range f.Sources {
		if id, ok := strings.CutPrefix(ref, "exodus "); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// Kits that cite a tracker of Exodus's and the tracker itself are known by the same classes: a class that the one finds the
// other finds, both ways round, or the difference is listed with why. Several kits
// of ours may cite one tracker, which then finds them all.
func TestFactsAndExodusKnowTheSameClasses(t *testing.T) {
	trackers := exodusList(t)
	if trackers == nil {
		return
	}
	_, raw := shipped(t)
	prefixes := map[string][]string{} // of all kits that cite a tracker
	for i := range raw.SDKs {
		for _, id := range cited(&raw.SDKs[i]) {
			prefixes[id] = append(prefixes[id], raw.SDKs[i].Prefixes...)
		}
	}
	x, compared := exceptions{t: t, list: unlike, used: map[string]bool{}}, 0
	for id, ours := range prefixes {
		if _, there := trackers[id]; !there {
			t.Errorf("Exodus has no tracker %s", id)
		}
		for _, s := range trackers[id].signatures() {
			compared++
			if !slices.ContainsFunc(ours, func(p string) bool { return begins(signed(s), p) }) {
				x.need("exodus "+id+" "+s, "no prefix of ours finds "+signed(s))
			}
		}
	}
	for i := range raw.SDKs {
		f, ids := &raw.SDKs[i], cited(&raw.SDKs[i])
		for _, p := range f.Prefixes {
			finds := func(id string) bool {
				return slices.ContainsFunc(trackers[id].signatures(), func(s string) bool { return signs(s, sample(p)) })
			}
			if len(ids) > 0 && !slices.ContainsFunc(ids, finds) {
				x.need(f.ID+" "+p, "Exodus does not find "+sample(p))
			}
		}
	}
	if compared < 150 {
		t.Errorf("only %d signatures were compared", compared)
	}
	x.allUsed()
}

// exceptions are differences that are meant, with why; each must still be one.
type exceptions struct {
	t    *testing.T
	list map[string]string
	used map[string]bool
}

func (x exceptions) need(key, what string) {
	x.t.Helper()
	if x.used[key] = true; x.list[key] == "" {
		x.t.Errorf("%s: %s", key, what)
	}
}

func (x exceptions) allUsed() {
	x.t.Helper()
	for key := range x.list {
		if !x.used[key] {
			x.t.Errorf("%s is no exception any more", key)
		}
	}
}

// What Exodus knows a class as, no other kit of ours claims.
func TestFactsClaimNothingOfOtherTrackers(t *testing.T) {
	trackers := exodusList(t)
	if trackers == nil {
		return
	}
	_, raw := shipped(t)
	for id, e := range trackers {
		for _, s := range e.signatures() {
			for i := range raw.SDKs {
				f := &raw.SDKs[i]
				if !slices.Contains(cited(f), id) && slices.ContainsFunc(f.Prefixes, func(p string) bool { return begins(signed(s), p) }) {
					t.Errorf("%s claims %s, which Exodus calls %q (%s)", f.ID, signed(s), e.Name, id)
				}
			}
		}
	}
}

// Why the two lists may differ.
const (
	appItself = "classes of the WeChat app itself, not of a kit"
	notSeen   = "no other source that was read has it"
	newer     = "the maker's newer name, in its own code or in others' adapters, which Exodus does not have yet"
	others    = "in other lists or in the maker's own code, which the kit cites beside Exodus"
	oneClass  = "Exodus names one or a few classes of the package; the package is the kit's own"
	ownName   = "Exodus names parts of a namespace that is the maker's own"
	component = "the manifest's own part of the kit, which LibChecker names"
)

// unlike is where the two lists differ, and why that is right.
var unlike = map[string]string{
	"exodus 76 com.tencent.mm.plugin.location.":       appItself,
	"exodus 76 com.tencent.mm.plugin.location_soso.":  appItself,
	"exodus 76 com.tencent.mm.plugin.location_google": appItself,
	"exodus 127 .kochavaccpa.":                        notSeen,

	"bytedance com.ss.android.":                                     others,
	"bytedance-pangle com.ss.android.downloadlib.":                  others,
	"bytedance-pangle com.ss.android.socialbase.":                   others,
	"tencent-mta com.tencent.mid.":                                  others,
	"huawei-hms com.huawei.hms.":                                    ownName,
	"huawei-hms com.huawei.hmf.":                                    others,
	"huawei-push com.huawei.hms.push.":                              others,
	"huawei-push com.huawei.android.pushagent.":                     others,
	"huawei-ads com.huawei.hms.ads.":                                others,
	"huawei-ads com.huawei.openalliance.ad.":                        others,
	"umeng-analytics com.umeng.commonsdk.":                          others,
	"jpush cn.jpush.":                                               ownName,
	"jpush cn.jiguang.":                                             others,
	"sensors-analytics com.sensorsdata.analytics.":                  ownName,
	"talkingdata com.talkingdata.":                                  ownName,
	"talkingdata com.tendcloud.":                                    ownName,
	"yandex-appmetrica io.appmetrica.analytics.":                    newer,
	"google-firebase-analytics com.google.firebase.analytics.":      oneClass,
	"google-admob com.google.android.gms.ads.":                      ownName,
	"meta-facebook-core com.facebook.FacebookSdk":                   others,
	"meta-facebook-core com.facebook.FacebookActivity":              component,
	"meta-facebook-core com.facebook.internal.FacebookInitProvider": component,
	"kochava com.kochava.tracker.":                                  newer,
	"braze com.braze.":                                              newer,
	"localytics com.localytics.":                                    ownName,
	"apptentive apptentive.com.android.":                            newer,
	"adobe-experience com.adobe.mobile.":                            oneClass,
	"microsoft-appcenter com.microsoft.appcenter.":                  ownName,
	"microsoft-appcenter com.microsoft.azure.mobile.":               ownName,
	"newrelic com.newrelic.":                                        ownName,
	"smartlook com.smartlook.android.":                              newer,
	"smartlook com.smartlook.sdk.":                                  ownName,
	"fullstory com.fullstory.":                                      ownName,
	"ironsource com.unity3d.ironsourceads.":                         newer,
	"ironsource com.unity3d.mediation.":                             newer,
	"vungle com.vungle.":                                            ownName,
	"amazon-ads com.amazon.aps.":                                    newer,
	"amazon-pinpoint com.amazonaws.mobileconnectors.pinpoint.":      ownName,
	"snap-login-kit com.snapchat.kit.sdk.":                          oneClass,
	"ogury com.ogury.":                                              newer,
	"x-mode io.xmode.":                                              ownName,
	"cuebiq com.cuebiq.cuebiqsdk.":                                  oneClass,
	"placer com.placer.client.":                                     oneClass,
	"radar io.radar.sdk.":                                           oneClass,
}
