using System.Diagnostics;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Security;

namespace Podwire.ApiServer.Tests;

/// <summary>The real kubectl, over TLS on loopback. One namespace per test.</summary>
public sealed class KubectlTests(TestServer server) : IClassFixture<TestServer>
{
    private static readonly Lazy<string?> Missing = new(Probe);

    private const string App = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings, labels: {app: web}}
        data: {color: red}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, labels: {app: web}}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - name: web
                image: host
                command: [podwire-echo]
                ports: [{containerPort: 8080, name: http}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, labels: {app: web}}
        spec:
          type: NodePort
          selector: {app: web}
          ports: [{port: 80, targetPort: http}]
        """;

    [Fact]
    public async Task CustomResources_AreAppliedExplainedAndShown()
    {
        await NamespaceAsync("custom");
        var file = Write("crd.yaml", """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: gates.kubectl.podwire.io}
            spec:
              group: kubectl.podwire.io
              names: {plural: gates, kind: Gate, shortNames: [gt]}
              scope: Namespaced
              versions:
              - name: v1
                served: true
                storage: true
                additionalPrinterColumns: [{name: Width, type: integer, jsonPath: .spec.width}]
                schema:
                  openAPIV3Schema:
                    type: object
                    properties:
                      spec: {type: object, properties: {width: {type: integer, description: How wide it is.}, open: {type: boolean, default: true}}}
            """);
        Assert.Equal("customresourcedefinition.apiextensions.k8s.io/gates.kubectl.podwire.io created\n", await RunAsync($"apply -f {file}"));
        await RunAsync("wait --for=condition=Established crd/gates.kubectl.podwire.io --timeout=10s");
        Assert.Equal("customresourcedefinition.apiextensions.k8s.io/gates.kubectl.podwire.io unchanged\n", await RunAsync($"apply -f {file}"));

        var gate = Write("gate.yaml", "apiVersion: kubectl.podwire.io/v1\nkind: Gate\nmetadata: {name: north}\nspec: {width: 3}\n");
        Assert.Equal("gate.kubectl.podwire.io/north created\n", await RunAsync($"-n custom apply -f {gate}"));
        Write("gate.yaml", "apiVersion: kubectl.podwire.io/v1\nkind: Gate\nmetadata: {name: north}\nspec: {width: 4}\n");
        Assert.Equal("gate.kubectl.podwire.io/north configured\n", await RunAsync($"-n custom apply -f {gate}"));
        Assert.Equal("NAME    WIDTH\nnorth   4\n", await RunAsync("-n custom get gt"));
        Assert.Equal("true", await RunAsync("-n custom get gate north -o jsonpath={.spec.open}"));
        Assert.Contains("How wide it is.", await RunAsync("explain gate.spec.width"), StringComparison.Ordinal);
        Write("gate.yaml", "apiVersion: kubectl.podwire.io/v1\nkind: Gate\nmetadata: {name: north}\nspec: {depth: 4}\n");
        await RunAsync($"-n custom apply -f {gate}", expected: 1);
        await RunAsync("delete crd gates.kubectl.podwire.io");
        await RunAsync("-n custom get gt", expected: 1);
    }

    [Fact]
    public async Task Apply_ThreeTimes_CreatesConfiguresAndLeavesAlone()
    {
        await NamespaceAsync("apply");
        var file = Write("app.yaml", App);
        Assert.Equal("configmap/settings created\ndeployment.apps/web created\nservice/web created\n", await RunAsync($"-n apply apply -f {file}"));
        Assert.Equal("configmap/settings unchanged\ndeployment.apps/web unchanged\nservice/web unchanged\n", await RunAsync($"-n apply apply -f {file}"));
        Write("app.yaml", App.Replace("color: red", "color: blue", StringComparison.Ordinal).Replace("replicas: 2", "replicas: 3", StringComparison.Ordinal));
        var diff = await RunAsync($"-n apply diff -f {file}", expected: 1);
        Assert.Contains("-  color: red\n+  color: blue", diff, StringComparison.Ordinal);
        Assert.Contains("+  replicas: 3", diff, StringComparison.Ordinal);
        Assert.Equal("configmap/settings configured\ndeployment.apps/web configured\nservice/web unchanged\n", await RunAsync($"-n apply apply -f {file}"));
        Assert.Equal("blue 3", await RunAsync("-n apply get cm/settings -o jsonpath={.data.color}") + " " + await RunAsync("-n apply get deploy/web -o jsonpath={.spec.replicas}"));

        // What another set stays, what the file no longer has goes.
        await RunAsync("-n apply label cm settings other=1");
        Write("app.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, labels: {kept: \"2\"}}\n");
        await RunAsync($"-n apply apply -f {file}");
        Assert.Equal("""{"kept":"2","other":"1"}""", await RunAsync("-n apply get cm settings -o jsonpath={.metadata.labels}"));
        Assert.Contains("Server-side apply not available", await RunAsync($"-n apply apply --server-side -f {file}", expected: 1, errors: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_InEveryForm_PrintsWhatIsThere()
    {
        await NamespaceAsync("get");
        await RunAsync($"-n get create -f {Write("get.yaml", App)}");
        Assert.Matches(@"^NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nweb\s+0/2\s+0\s+0\s+\d+s\n$", await RunAsync("-n get get deploy"));
        Assert.Matches(@"CONTAINERS\s+IMAGES\s+SELECTOR\nweb.*\s+web\s+host\s+app=web\n$", await RunAsync("-n get get deploy -o wide"));
        Assert.Matches(@"^NAME\s+TYPE\s+CLUSTER-IP\s+EXTERNAL-IP\s+PORT\(S\)\s+AGE\nweb\s+NodePort\s+10\.96\.\d+\.\d+\s+<none>\s+80:3\d{4}/TCP\s+\d+s\n$", await RunAsync("-n get get svc web"));
        Assert.Equal("configmap/settings\n", await RunAsync("-n get get cm -l app=web -o name"));
        Assert.Equal("settings\n", await RunAsync("-n get get cm --field-selector metadata.name=settings --no-headers -o custom-columns=N:.metadata.name"));
        Assert.Equal("Deployment", JsonNode.Parse(await RunAsync("-n get get deploy web -o json"))!["kind"]!.GetValue<string>());
        Assert.Contains("\nkind: Service\n", await RunAsync("-n get get svc web -o yaml"), StringComparison.Ordinal);
        Assert.Contains("get         service/web", await RunAsync("get all --all-namespaces"), StringComparison.Ordinal);
        Assert.Contains("(NotFound): pods \"none\" not found", await RunAsync("-n get get pod none", expected: 1, errors: true), StringComparison.Ordinal);
        Assert.Contains("the server doesn't have a resource type \"widgets\"", await RunAsync("get widgets", expected: 1, errors: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_OfEachKindThatKubectlMakes_IsTaken()
    {
        await NamespaceAsync("create");
        foreach (var (command, made) in new[]
        {
            ("configmap c --from-literal=a=b", "configmap/c created\n"),
            ("secret generic s --from-literal=a=b", "secret/s created\n"),
            ("deployment d --image=host --replicas=0", "deployment.apps/d created\n"),
            ("service clusterip sc --tcp=80:8080", "service/sc created\n"),
            ("service nodeport sn --tcp=80", "service/sn created\n"),
            ("service externalname se --external-name=example.com", "service/se created\n"),
            ("serviceaccount a", "serviceaccount/a created\n"),
            ("namespace create-inner", "namespace/create-inner created\n"),
        })
        {
            Assert.Equal(made, await RunAsync($"-n create create {command}"));
        }

        Assert.Equal("0", await RunAsync("-n create get deploy d -o jsonpath={.spec.replicas}"));
        Assert.Equal("pod/r created\n", await RunAsync("-n create run r --image=host --restart=Never -- sleep 1"));
        Assert.Equal("service/d exposed\n", await RunAsync("-n create expose deployment d --port=80 --target-port=8080"));
        Assert.Contains("configmaps \"c\" already exists", await RunAsync("-n create create configmap c", expected: 1, errors: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invalid_Objects_AreExplained()
    {
        await NamespaceAsync("invalid");
        var unknown = Write("unknown.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndatum: {a: b}\n");
        Assert.Contains("strict decoding error: unknown field \"datum\"", await RunAsync($"-n invalid apply -f {unknown}", expected: 1, errors: true), StringComparison.Ordinal);
        Assert.Contains("Warning: unknown field \"datum\"", await RunAsync($"-n invalid apply --validate=warn -f {unknown}", errors: true), StringComparison.Ordinal);
        var bad = Write("bad.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {type: Odd, ports: [{port: 99999}]}\n");
        var text = await RunAsync($"-n invalid apply -f {bad}", expected: 1, errors: true);
        Assert.Contains("* spec.type: Unsupported value: \"Odd\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"", text, StringComparison.Ordinal);
        Assert.Contains("* spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LabelAnnotatePatchScaleEdit_ChangeObjects()
    {
        await NamespaceAsync("change");
        await RunAsync($"-n change apply -f {Write("change.yaml", App)}");
        Assert.Equal("configmap/settings labeled\n", await RunAsync("-n change label cm settings tier=a"));
        Assert.Contains("already has a value", await RunAsync("-n change label cm settings tier=b", expected: 1, errors: true), StringComparison.Ordinal);
        Assert.Equal("configmap/settings labeled\n", await RunAsync("-n change label cm settings tier=b --overwrite"));
        Assert.Equal("configmap/settings unlabeled\n", await RunAsync("-n change label cm settings tier-"));
        Assert.Equal("configmap/settings annotated\n", await RunAsync("-n change annotate cm settings note=x"));
        Assert.Equal("deployment.apps/web scaled\n", await RunAsync("-n change scale deploy web --replicas=5"));
        Assert.Contains("Expected replicas to be 4, was 5", await RunAsync("-n change scale deploy web --current-replicas=4 --replicas=1", expected: 1, errors: true), StringComparison.Ordinal);
        Assert.Equal("deployment.apps/web image updated\n", await RunAsync("-n change set image deploy/web web=host:2"));
        Assert.Equal("host:2 5", await RunAsync("-n change get deploy web -o jsonpath={.spec.template.spec.containers[0].image}{'\\040'}{.spec.replicas}"));
        foreach (var (type, patch) in new[] { ("merge", "{\"data\":{\"m\":\"1\"}}"), ("strategic", "{\"data\":{\"s\":\"1\"}}"), ("json", "[{\"op\":\"add\",\"path\":\"/data/j\",\"value\":\"1\"}]") })
        {
            Assert.Equal("configmap/settings patched\n", await RunAsync(["-n", "change", "patch", "cm", "settings", "--type", type, "-p", patch]));
        }

        Assert.Equal("""{"color":"red","j":"1","m":"1","s":"1"}""", await RunAsync("-n change get cm settings -o jsonpath={.data}"));
        var editor = Write("editor.sh", "#!/bin/sh\nsed -i 's/color: red/color: green/' \"$1\"\n");
        File.SetUnixFileMode(editor, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal("configmap/settings edited\n", await RunAsync(["-n", "change", "edit", "cm", "settings"], editor: editor));
        Assert.Equal("green", await RunAsync("-n change get cm settings -o jsonpath={.data.color}"));
        Assert.Equal("configmap/settings replaced\n", await RunAsync($"-n change replace -f {Write("replace.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {only: this}\n")}"));
    }

    [Fact]
    public async Task RolloutAndWait_FollowStatus()
    {
        await NamespaceAsync("roll");
        await RunAsync($"-n roll apply -f {Write("roll.yaml", App)}");
        var waiting = RunAsync("-n roll rollout status deploy/web --timeout=60s");
        var waitCondition = RunAsync("-n roll wait --for=condition=Available deploy/web --timeout=60s");
        const string Status = """{"status":{"observedGeneration":1,"replicas":2,"updatedReplicas":2,"readyReplicas":2,"availableReplicas":2,"conditions":[{"type":"Available","status":"True"}]}}""";
        await server.SendAsync("PATCH", "/apis/apps/v1/namespaces/roll/deployments/web/status", Status, "application/merge-patch+json");
        Assert.Contains("deployment \"web\" successfully rolled out\n", await waiting, StringComparison.Ordinal);
        Assert.Equal("deployment.apps/web condition met\n", await waitCondition);
        Assert.Equal("deployment.apps/web restarted\n", await RunAsync("-n roll rollout restart deploy/web"));
        Assert.Contains("No rollout history found", await RunAsync("-n roll rollout history deploy/web"), StringComparison.Ordinal);
        await RunAsync("-n roll run p --image=host");
        var waitDelete = RunAsync("-n roll wait --for=delete pod/p --timeout=60s");
        Assert.Equal("pod \"p\" deleted\n", await RunAsync("-n roll delete pod p"));
        await waitDelete;
    }

    [Fact]
    public async Task Watch_PrintsChangesAsTheyCome()
    {
        await NamespaceAsync("watch");
        await RunAsync("-n watch create configmap one");
        using var kubectl = Start(["-n", "watch", "get", "configmaps", "-w", "--output-watch-events", "--no-headers"]);
        Assert.Matches(@"^ADDED\s+one\s", await LineAsync(kubectl));
        await RunAsync("-n watch create configmap two");
        Assert.Matches(@"^ADDED\s+two\s", await LineAsync(kubectl));
        await RunAsync("-n watch delete configmap one");
        Assert.Matches(@"^DELETED\s+one\s", await LineAsync(kubectl));
        kubectl.Kill();
        await kubectl.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Describe_OfEachKind_Works()
    {
        await NamespaceAsync("describe");
        await RunAsync($"-n describe apply -f {Write("describe.yaml", App)}");
        await RunAsync("-n describe run p --image=host");
        await server.CreateAsync("/api/v1/nodes", """{"metadata":{"name":"described"},"status":{"capacity":{"cpu":"2","memory":"1Gi"},"allocatable":{"cpu":"2","memory":"1Gi"},"conditions":[{"type":"Ready","status":"True"}]}}""");
        var uid = await RunAsync("-n describe get pod p -o jsonpath={.metadata.uid}");
        await server.CreateAsync("/api/v1/namespaces/describe/events", $$$"""{"metadata":{"name":"p.1"},"involvedObject":{"kind":"Pod","namespace":"describe","name":"p","uid":"{{{uid}}}"},"reason":"Tested","message":"it was","type":"Normal","count":1}""");
        Assert.Matches(@"Normal\s+Tested\s", await RunAsync("-n describe describe pod p"));
        Assert.Matches(@"Replicas:\s+2 desired", await RunAsync("-n describe describe deploy web"));
        Assert.Matches(@"NodePort:\s+<unset>\s+3\d{4}/TCP", await RunAsync("-n describe describe svc web"));
        Assert.Matches(@"Ready\s+True", await RunAsync("describe node described"));
        Assert.Matches(@"Status:\s+Active", await RunAsync("describe ns describe"));
        Assert.Matches(@"color:\n----\nred", await RunAsync("-n describe describe cm settings"));
        Assert.Matches(@"Normal\s+Tested\s+[Pp]od/p\s+it was", await RunAsync("-n describe get events"));
        Assert.Matches(@"Normal\s+Tested\s+Pod/p\s+it was", await RunAsync("-n describe events"));
    }

    [Fact]
    public async Task Delete_WithItsOptions_Deletes()
    {
        await NamespaceAsync("delete");
        await RunAsync($"-n delete apply -f {Write("delete.yaml", App)}");
        Assert.Equal("service \"web\" deleted\n", await RunAsync("-n delete delete svc web --now"));
        Assert.Equal("deployment.apps \"web\" deleted\n", await RunAsync("-n delete delete deploy web --cascade=orphan --wait=false"));
        Assert.Equal("orphan", await RunAsync("-n delete get deploy web -o jsonpath={.metadata.finalizers[0]}"));
        Assert.Equal("configmap \"settings\" deleted\n", await RunAsync("-n delete delete cm -l app=web"));
        Assert.Contains("(NotFound)", await RunAsync("-n delete delete cm settings", expected: 1, errors: true), StringComparison.Ordinal);
        Assert.Equal(string.Empty, await RunAsync("-n delete delete cm settings --ignore-not-found"));
        await RunAsync("-n delete create cm dry");
        Assert.Equal("configmap \"dry\" deleted (server dry run)\n", await RunAsync("-n delete delete cm dry --dry-run=server"));
        Assert.Equal("configmap/dry\n", await RunAsync("-n delete get cm dry -o name"));
        Assert.Equal("namespace \"delete\" deleted\n", await RunAsync("delete ns delete --wait=false"));
        Assert.Matches(@"^delete\s+Terminating\s", await RunAsync("get ns delete --no-headers"));
    }

    [Fact]
    public async Task Drain_CordonsAndEvicts()
    {
        await NamespaceAsync("drain");
        await server.CreateAsync("/api/v1/nodes", """{"metadata":{"name":"drained"}}""");
        await server.CreateAsync("/api/v1/namespaces/drain/pods", """{"metadata":{"name":"p"},"spec":{"nodeName":"drained","terminationGracePeriodSeconds":0,"containers":[{"name":"c","image":"host"}]}}""");
        var text = await RunAsync("drain drained --force --timeout=60s", errors: true);
        Assert.Contains("node/drained cordoned", text, StringComparison.Ordinal);
        Assert.Contains("pod/p evicted", text, StringComparison.Ordinal);
        Assert.Matches("SchedulingDisabled", await RunAsync("get node drained"));
        Assert.Equal("node/drained uncordoned\n", await RunAsync("uncordon drained"));
        Assert.Equal("node/drained tainted\n", await RunAsync("taint node drained a=b:NoSchedule"));
    }

    [Fact]
    public async Task Logs_ComeFromTheKubelet()
    {
        await NamespaceAsync("logs");
        await using var kubelet = await FakeKubelet.StartAsync(server.Handle.Pki);
        await server.CreateAsync("/api/v1/nodes", $$$$$$"""{"metadata":{"name":"n-kubectl"},"status":{"addresses":[{"type":"InternalIP","address":"127.0.0.1"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":{{{{{{kubelet.Port}}}}}}}}}}""");
        await server.CreateAsync("/api/v1/namespaces/logs/pods", """{"metadata":{"name":"p"},"spec":{"nodeName":"n-kubectl","containers":[{"name":"c","image":"host"}]}}""");
        Assert.Equal("first\n", await RunAsync("-n logs logs p --tail=1 --since=1h -c c"));
        Assert.EndsWith("sinceSeconds=3600&tailLines=1", kubelet.LastRequest, StringComparison.Ordinal);
        Assert.Equal("first\nsecond\n", await RunAsync("-n logs logs -f p"));
        Assert.Contains("previous terminated container not found", await RunAsync("-n logs logs -p p", expected: 1, errors: true), StringComparison.Ordinal);
        Assert.Contains("not served", await RunAsync("-n logs exec p -- true", expected: 1, errors: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_Commands_Answer()
    {
        Assert.Contains("Kubernetes control plane is running at " + server.Handle.Server, Plain(await RunAsync("cluster-info")), StringComparison.Ordinal);
        Assert.Matches(@"Server Version: v1\.32\.", await RunAsync("version"));
        Assert.Matches(@"deployments\s+deploy\s+apps/v1\s+true\s+Deployment", await RunAsync("api-resources"));
        Assert.Contains("discovery.k8s.io/v1\n", await RunAsync("api-versions"), StringComparison.Ordinal);
        Assert.Matches(@"Username\s+kubernetes-admin", await RunAsync("auth whoami"));
        Assert.Equal("yes\n", await RunAsync("auth can-i create deployments"));
        Assert.Equal("no\n", await RunAsync(["--kubeconfig", server.Handle.Kubeconfig(ClientIdentity.Proxy), "auth", "can-i", "list", "secrets"], expected: 1));
        Assert.Contains("FIELD: replicas <integer>", await RunAsync("explain deployment.spec.replicas"), StringComparison.Ordinal);
        Assert.Contains("containerPort\t<integer>", await RunAsync("explain pod --recursive"), StringComparison.Ordinal);
        Assert.Equal("ok", await RunAsync("get --raw /readyz"));
    }

    private static string? Probe()
    {
        try
        {
            using var kubectl = Process.Start(new ProcessStartInfo("kubectl", "version --client -o json") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var version = JsonNode.Parse(kubectl.StandardOutput.ReadToEnd())!["clientVersion"]!["minor"]!.GetValue<string>().TrimEnd('+');
            kubectl.WaitForExit();
            return int.Parse(version) >= 27 ? null : $"lacks: kubectl 1.27 or newer (found 1.{version})";
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or System.Text.Json.JsonException)
        {
            return "lacks: kubectl 1.27 or newer";
        }
    }

    /// <summary>Without the colours that kubectl gives some words.</summary>
    private static string Plain(string text) => System.Text.RegularExpressions.Regex.Replace(text, "\x1b\\[[0-9;]*m", string.Empty);

    private static async Task<string> LineAsync(Process process) =>
        await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken) ?? "END";

    private Task NamespaceAsync(string name) => server.CreateAsync("/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{name}}}"}}""");

    private string Write(string name, string text)
    {
        var path = Path.Combine(server.Root, name);
        File.WriteAllText(path, text);
        return path;
    }

    private Task<string> RunAsync(string arguments, int expected = 0, bool errors = false) => RunAsync(arguments.Split(' '), expected, errors);

    /// <summary>Runs kubectl to its end; its output, with its errors if asked. Another exit code than expected fails the test.</summary>
    private async Task<string> RunAsync(string[] arguments, int expected = 0, bool errors = false, string? editor = null)
    {
        using var process = Start(arguments, editor);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == expected, $"kubectl {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output}{await error}");
        return errors ? await output + await error : await output;
    }

    private Process Start(string[] arguments, string? editor = null)
    {
        Assert.SkipUnless(Missing.Value is null, Missing.Value ?? string.Empty);
        var start = new ProcessStartInfo("kubectl") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KUBECONFIG"] = server.Handle.AdminKubeconfig;
        start.Environment["HOME"] = server.Root;
        start.Environment["KUBE_EDITOR"] = editor ?? "false";
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
