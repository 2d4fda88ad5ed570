package apk

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portcullis/vetting/apk/axml"
)

// Manifest is what an app says of itself in AndroidManifest.xml, read as Android reads it. References
// are resolved with the app's resources, as far as they lead anywhere.
type Manifest struct {
	Package     string `json:"package"`
	VersionCode int64  `json:"version_code"` // without versionCodeMajor; 0 for none
	VersionName string `json:"version_name,omitempty"`
	// MinSDK, TargetSDK and MaxSDK are levels such as "24", or the code name of a preview, as they are
	// declared; empty where they are not. Level tells what Android takes instead.
	MinSDK     string `json:"min_sdk,omitempty"`
	TargetSDK  string `json:"target_sdk,omitempty"`
	MaxSDK     string `json:"max_sdk,omitempty"`
	CompileSDK string `json:"compile_sdk,omitempty"`

	Split        string `json:"split,omitempty"` // the name of a split; empty for a base or a whole app
	SplitOf      string `json:"split_of,omitempty"`
	FeatureSplit bool   `json:"feature_split,omitempty"`
	Sandbox      int    `json:"sandbox,omitempty"` // targetSandboxVersion; 0 where none is declared
	SharedUserID string `json:"shared_user_id,omitempty"`

	Label       string   `json:"label,omitempty"`
	Labels      []string `json:"labels,omitempty"` // in all languages, each once
	Application string   `json:"application,omitempty"`

	Debuggable    bool    `json:"debuggable"`
	TestOnly      bool    `json:"test_only"`
	AllowBackup   Setting `json:"allow_backup"`
	Cleartext     Setting `json:"cleartext"`                // usesCleartextTraffic
	NetworkConfig string  `json:"network_config,omitempty"` // the path of its network security configuration
	// Network is that configuration, read by ReadNetworkSecurity; nil where there is none.
	Network *NetworkSecurity `json:"network,omitempty"`
	// NetworkLost is why that could not be read whole; empty where it was, or where there is none.
	NetworkLost string `json:"network_lost,omitempty"`

	Permissions []Permission        `json:"permissions,omitempty"`
	Implied     []ImpliedPermission `json:"implied,omitempty"`
	Widened     []ImpliedPermission `json:"widened,omitempty"`
	Defined     []DefinedPermission `json:"defined,omitempty"`
	Components  []Component         `json:"components,omitempty"`
	Features    []Feature           `json:"features,omitempty"`
	Queries     Queries             `json:"queries"`
	MetaData    []MetaData          `json:"meta_data,omitempty"` // the application's; components have their own
	Libraries   []string            `json:"libraries,omitempty"` // of the system, that it asks for by name

	Problems []string `json:"problems,omitempty"`
	// Lost is why it could not be read whole, so that it may say more than this; empty where it was.
	Lost string `json:"lost,omitempty"`
	// Refused is why newer versions of Android do not read it, and so do not install the app; empty where they do.
	Refused string `json:"refused,omitempty"`
}

// Setting is a switch, and whether the app sets it or leaves it to Android.
type Setting struct {
	On       bool `json:"on"`
	Declared bool `json:"declared"`
}

// MetaData is a name with a value, through which SDKs are configured: keys, and what is switched off.
type MetaData struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Resource string `json:"resource,omitempty"` // the name of the resource that it is, such as xml/provider_paths
}

// Feature is a piece of hardware or software that the app uses.
type Feature struct {
	Name     string `json:"name"`
	Required bool   `json:"required"`
}

// Queries are the other apps that this one may see on the phone.
type Queries struct {
	Packages    []string `json:"packages,omitempty"`
	Authorities []string `json:"authorities,omitempty"`
	Actions     []string `json:"actions,omitempty"` // every app that answers to one of these
}

// DefinedPermission is a permission that the app brings itself.
type DefinedPermission struct {
	Name  string `json:"name"`
	Level string `json:"level"` // normal, dangerous, signature or internal, with flags as a number
}

// ReadManifest reads the manifest. Resources may be nil: what refers to them then stays a reference,
// such as "@0x7f010001".
func ReadManifest(xml *axml.Document, resources *axml.Table) Manifest {
	r := &manifestReader{resources: resources}
	if xml == nil || xml.Root == nil {
		r.m.Problems = append(r.m.Problems, "there is no manifest")
		return r.m
	}
	r.m.Problems, r.m.Lost, r.m.Refused = append(r.m.Problems, xml.Problems...), xml.Lost, xml.Refused
	if xml.Root.Name != "manifest" {
		r.m.Lost = cmp.Or(r.m.Lost, "it is no manifest")
		r.problem("the outermost element is %s instead of manifest", xml.Root.Name)
	}
	r.head(xml.Root)
	r.requests(xml.Root)
	if apps := xml.Root.Named("application"); len(apps) > 0 {
		if len(apps) > 1 {
			r.problem("there are %d applications, of which Android reads the first", len(apps))
		}
		r.application(apps[0])
	}
	r.m.imply()
	return r.m
}

type manifestReader struct {
	resources  *axml.Table
	m          Manifest
	permission string // of the application, which its components inherit
}

// maxListed bounds every list of a manifest; no real one comes near.
const maxListed = 20000

func (r *manifestReader) problem(format string, args ...any) {
	if p := fmt.Sprintf(format, args...); len(r.m.Problems) < 100 && !slices.Contains(r.m.Problems, p) {
		r.m.Problems = append(r.m.Problems, p)
	}
}

// value is an attribute of Android's, resolved.
func (r *manifestReader) value(e *axml.Element, name string) (axml.Value, bool) {
	a, ok := e.AndroidAttr(name)
	if !ok {
		return axml.Value{}, false
	}
	v, resolved := r.resources.Resolve(a.Value)
	if !resolved && v.Data != 0 {
		r.problem("%s of %s refers to %s, which the app's resources do not hold", name, e.Name, v)
	}
	return v, true
}

func (r *manifestReader) text(e *axml.Element, name string) string {
	v, _ := r.value(e, name)
	return v.String()
}

// known is an attribute as text, empty where it refers to something that is not there: people are not
// shown numbers of resources.
func (r *manifestReader) known(e *axml.Element, name string) string {
	if v, _ := r.value(e, name); !v.IsReference() {
		return v.String()
	}
	return ""
}

// literal is an attribute that must be written out: Android takes no references for names of
// permissions, packages and processes.
func (r *manifestReader) literal(e *axml.Element, name string) string {
	a, ok := e.AndroidAttr(name)
	if ok && a.Value.IsReference() {
		r.problem("%s of %s is a reference, which Android does not take there", name, e.Name)
		return ""
	}
	return a.Value.String()
}

func (r *manifestReader) truth(e *axml.Element, name string, otherwise bool) Setting {
	v, declared := r.value(e, name)
	if on, ok := v.Bool(); declared && ok {
		return Setting{On: on, Declared: true}
	}
	return Setting{On: otherwise}
}

func (r *manifestReader) head(root *axml.Element) {
	m := &r.m
	m.Package = plain(root, "package")
	m.Split, m.SplitOf = plain(root, "split"), plain(root, "configForSplit")
	r.versionCode(root)
	m.VersionName = r.known(root, "versionName")
	m.CompileSDK = r.text(root, "compileSdkVersion")
	m.SharedUserID = r.literal(root, "sharedUserId")
	sandbox, _ := r.value(root, "targetSandboxVersion")
	version, _ := sandbox.Int()
	m.Sandbox = int(version)
	m.FeatureSplit = r.truth(root, "isFeatureSplit", false).On
	r.levels(root.Named("uses-sdk"))
}

// versionCode reads the number of the version. Its upper half has an attribute of its own, which stores and device
// managers leave out; numbers below 1 are none to them.
func (r *manifestReader) versionCode(root *axml.Element) {
	v, _ := r.value(root, "versionCode")
	n, _ := v.Int()
	code := int64(int32(n))
	if code < 0 {
		r.problem("versionCode is %d, which stores and device managers take for none", code)
	}
	r.m.VersionCode = max(0, code)
	v, _ = r.value(root, "versionCodeMajor")
	if major, _ := v.Int(); major != 0 {
		r.problem("versionCodeMajor is %d, which Android puts before the version code: %d", major, major<<32|int64(uint32(n)))
	}
}

// level is an SDK level: in whichever way a number is written it is one, and a text may be a preview's name.
func (r *manifestReader) level(e *axml.Element, name string) string {
	v, _ := r.value(e, name)
	if n, ok := v.Int(); ok && v.Type != axml.String {
		return strconv.FormatInt(n, 10)
	}
	return v.String()
}

// levels reads what the app says of SDK levels. Of several elements Android needs every minimum and goes by the last
// target.
func (r *manifestReader) levels(list []*axml.Element) {
	m := &r.m
	for i, e := range list {
		least := r.level(e, "minSdkVersion")
		if i == 0 || Level(least, 1) > m.MinLevel() {
			m.MinSDK = least
		}
		m.TargetSDK, m.MaxSDK = r.level(e, "targetSdkVersion"), r.level(e, "maxSdkVersion")
		if i > 0 {
			r.problem("there are several elements uses-sdk: Android needs the minimum of each, and goes by the last target")
			m.TargetSDK = cmp.Or(m.TargetSDK, least, "1")
		}
	}
}

// plain is an attribute without a namespace, as it was written.
func plain(e *axml.Element, name string) string {
	a, _ := e.Attr(name)
	if a.Raw != "" {
		return a.Raw
	}
	return a.Value.String()
}

// requests reads what stands beside the application: permissions, features, queries.
func (r *manifestReader) requests(root *axml.Element) {
	m := &r.m
	for _, e := range root.Children {
		if len(m.Permissions)+len(m.Features)+len(m.Defined) > maxListed {
			r.problem("there are more than %d permissions and features: the rest was not read", maxListed)
			return
		}
		switch e.Name {
		case "uses-permission", "uses-permission-sdk-23", "uses-permission-sdk-m":
			r.requested(e)
		case "permission":
			level, _ := r.value(e, "protectionLevel")
			m.Defined = append(m.Defined, DefinedPermission{Name: r.literal(e, "name"), Level: levelOf(level)})
		case "uses-feature":
			if name := r.text(e, "name"); name != "" {
				m.Features = append(m.Features, Feature{Name: name, Required: r.truth(e, "required", true).On})
			}
		case "queries":
			r.queries(e)
		}
	}
	m.TestOnly = slices.ContainsFunc(root.Named("application"), func(e *axml.Element) bool {
		return r.truth(e, "testOnly", false).On
	})
}

func (r *manifestReader) requested(e *axml.Element) {
	name := r.literal(e, "name")
	if name == "" {
		return
	}
	p := Permission{Name: name, MaxSDK: r.level(e, "maxSdkVersion")}
	if e.Name != "uses-permission" {
		p.MinSDK = "23"
	}
	r.m.Permissions = append(r.m.Permissions, p)
}

func (r *manifestReader) queries(e *axml.Element) {
	q := &r.m.Queries
	for _, c := range e.Children {
		switch c.Name {
		case "package":
			q.Packages = append(q.Packages, r.literal(c, "name"))
		case "provider":
			q.Authorities = append(q.Authorities, split(r.text(c, "authorities"))...)
		case "intent":
			for _, a := range c.Named("action") {
				q.Actions = append(q.Actions, r.text(a, "name"))
			}
		}
	}
}

// levelOf is the word for a protection level (PermissionInfo).
func levelOf(v axml.Value) string {
	n, _ := v.Int()
	words := []string{"normal", "dangerous", "signature", "signature or system", "internal"}
	word := fmt.Sprintf("0x%x", n&0xf)
	if n&0xf < int64(len(words)) {
		word = words[n&0xf]
	}
	if flags := n &^ 0xf; flags != 0 {
		return fmt.Sprintf("%s, flags 0x%x", word, flags)
	}
	return word
}

func (r *manifestReader) application(e *axml.Element) {
	m := &r.m
	label, _ := e.AndroidAttr("label")
	m.Label, m.Labels = r.known(e, "label"), r.resources.Texts(label.Value)
	m.Application = m.class(r.literal(e, "name"))
	m.Debuggable = r.truth(e, "debuggable", false).On
	m.AllowBackup = r.truth(e, "allowBackup", true)
	m.Cleartext = r.truth(e, "usesCleartextTraffic", m.TargetLevel() < 28)
	m.NetworkConfig = r.text(e, "networkSecurityConfig")
	r.permission = r.literal(e, "permission")
	for _, c := range e.Children {
		if len(m.Components)+len(m.MetaData)+len(m.Libraries) > maxListed {
			r.problem("there are more than %d components: the rest was not read", maxListed)
			return
		}
		switch c.Name {
		case "activity", "activity-alias", "service", "receiver", "provider":
			r.component(c)
		case "meta-data":
			m.MetaData = append(m.MetaData, r.metaData(c))
		case "uses-library", "uses-native-library", "uses-static-library", "uses-sdk-library":
			m.Libraries = append(m.Libraries, r.literal(c, "name"))
		}
	}
}

func (r *manifestReader) metaData(e *axml.Element) MetaData {
	d := MetaData{Name: r.text(e, "name"), Value: r.text(e, "value")}
	if a, ok := e.AndroidAttr("resource"); ok {
		d.Resource = r.resources.Name(a.Value.Data)
		if d.Value == "" {
			d.Value = r.text(e, "resource")
		}
	}
	return d
}

// class completes the name of a class, which may begin with a dot or be without any.
func (m *Manifest) class(name string) string {
	switch {
	case name == "":
		return ""
	case name[0] == '.':
		return cut(m.Package) + cut(name)
	case !strings.Contains(name, "."):
		return cut(m.Package) + "." + cut(name)
	}
	return name
}

// split takes authorities apart, which stand in one attribute; of very many the last keeps the rest.
func split(list string) []string {
	return slices.DeleteFunc(strings.SplitN(list, ";", 100), func(s string) bool { return s == "" })
}

// longest is how many bytes of a text are used where it is put together with others: names and addresses
// of apps are far shorter, and one long text may be named very often.
const longest = 1000

func cut(s string) string { return s[:min(len(s), longest)] }
