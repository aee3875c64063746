using System.Text;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Defaults;
using Podwire.ApiServer.Resources;
using Podwire.ApiServer.Schema;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Tests;

/// <summary>The schema table and what reads by it.</summary>
public class SchemaTests
{
    [Fact]
    public void Schema_EveryTypeItNames_IsThere()
    {
        foreach (var type in ApiSchema.BuiltIn.Types)
        {
            foreach (var field in type.Fields)
            {
                var shape = field.Shape;
                while (shape.Element is { } element)
                {
                    shape = element;
                }

                Assert.True(shape.TypeName is null || ApiSchema.BuiltIn.Find(shape.TypeName) is not null, $"{type.Name}.{field.Name}: {shape.TypeName}");
                Assert.False(field.MergeKey is not null && ApiSchema.BuiltIn[shape.TypeName!].Find(field.MergeKey) is null, $"{type.Name}.{field.Name}: merge key {field.MergeKey}");
            }
        }

        Assert.All(BuiltInResources.Create(), resource => Assert.NotNull(ApiSchema.BuiltIn.Find(resource.SchemaType)));
    }

    [Fact]
    public void Schema_ProtobufNumbers_AreUniqueWithinAType()
    {
        foreach (var type in ApiSchema.BuiltIn.Types)
        {
            var numbers = type.Fields.Where(field => field.Numbers.Length > 0).Select(field => string.Join('.', field.Numbers)).ToArray();
            Assert.True(numbers.Length == numbers.Distinct().Count(), type.Name);
        }
    }

    [Theory]
    [InlineData("""{"spec":{"replicas":"3"}}""", "spec.replicas: expected a 32-bit integer, got the string \"3\"")]
    [InlineData("""{"spec":{"replicas":3000000000}}""", "spec.replicas: expected a 32-bit integer, got 3000000000")]
    [InlineData("""{"spec":{"replicas":1.5}}""", "spec.replicas: expected a 32-bit integer, got 1.5")]
    [InlineData("""{"spec":{"paused":"yes"}}""", "spec.paused: expected true or false, got the string \"yes\"")]
    [InlineData("""{"spec":[]}""", "spec: expected an object, got a list")]
    [InlineData("""{"metadata":{"labels":{"a":1}}}""", "metadata.labels.a: expected a string, got 1")]
    [InlineData("""{"metadata":{"creationTimestamp":"noon"}}""", "metadata.creationTimestamp: expected an RFC 3339 time, got the string \"noon\"")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[null]}}}}""", "spec.template.spec.containers[0]: expected an object, got null")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"resources":{"limits":{"cpu":"1x"}}}]}}}}""", "spec.template.spec.containers[0].resources.limits.cpu: expected a quantity such as 500m or 64Mi, got the string \"1x\"")]
    public void Checker_OfAWrongShape_SaysWhatItExpected(string json, string expected)
    {
        var findings = new SchemaFindings();
        new SchemaChecker(ApiSchema.BuiltIn, findings).Check(JsonPatchTests.Json(json)!.AsObject(), "apps.Deployment");
        Assert.Equal(expected, Assert.Single(findings.Malformed));
    }

    [Fact]
    public void Checker_OnUnknownAndNull_RemovesBoth()
    {
        var item = JsonPatchTests.Json("""{"spec":{"replicas":null,"replica":3,"template":{"spec":{"containers":[{"name":"c","imag":"x"}]}}},"extra":{}}""")!.AsObject();
        var findings = new SchemaFindings();
        new SchemaChecker(ApiSchema.BuiltIn, findings).Check(item, "apps.Deployment");
        Assert.Equal(["spec.replica", "spec.template.spec.containers[0].imag", "extra"], findings.Unknown);
        Assert.Equal("""{"spec":{"template":{"spec":{"containers":[{"name":"c"}]}}}}""", item.ToJsonString());
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("100m", true)]
    [InlineData("1.5Gi", true)]
    [InlineData("-2k", true)]
    [InlineData("1e3", true)]
    [InlineData("12E2", true)]
    [InlineData("2E", true)]
    [InlineData(".5", true)]
    [InlineData("99999999999999999999999999Ei", true)]
    [InlineData("", false)]
    [InlineData("m", false)]
    [InlineData("1 Gi", false)]
    [InlineData("1gi", false)]
    [InlineData("1.2.3", false)]
    [InlineData("0x10", false)]
    public void Quantity_Text_IsValidOrNot(string text, bool expected) => Assert.Equal(expected, Quantity.IsValid(text));

    [Theory]
    [InlineData("500m", 0.5)]
    [InlineData("64Mi", 67108864)]
    [InlineData("2k", 2000)]
    [InlineData("1e3", 1000)]
    public void Quantity_Value_IsInBaseUnits(string text, double expected)
    {
        Assert.True(Quantity.TryParse(text, out var value));
        Assert.Equal((decimal)expected, value);
    }

    /// <summary>A ConfigMap as Go encodes it: envelope, metadata{name, labels}, data, and an empty creationTimestamp.</summary>
    [Fact]
    public void Protobuf_OfAConfigMap_IsItsJson()
    {
        var metadata = Join(Text(1, "a"), Message(8, []), Message(11, Join(Text(1, "k"), Text(2, "v"))), Varint(7, 0));
        var raw = Join(Message(1, metadata), Message(2, Join(Text(1, "x"), Text(2, "y"))), Message(3, Join(Text(1, "b"), Message(2, [1, 2, 3]))), Varint(4, 0));
        var item = new ProtobufDecoder(ApiSchema.BuiltIn).Decode(Envelope("v1", "ConfigMap", raw), "core.ConfigMap");
        Assert.Equal("""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","labels":{"k":"v"}},"data":{"x":"y"},"binaryData":{"b":"AQID"},"immutable":false}""", item.ToJsonString());
    }

    /// <summary>Inlined messages (Volume.volumeSource, Probe.handler), int-or-string, quantities, explicit zeros.</summary>
    [Fact]
    public void Protobuf_OfADeployment_IsItsJson()
    {
        var port = Join(Varint(1, 0), Varint(2, 8080), Text(3, ""));
        var probe = Join(Message(1, Message(2, Join(Text(1, "/h"), Message(2, port)))), Varint(2, 0), Varint(4, 5));
        var limits = Message(1, Join(Text(1, "cpu"), Message(2, Text(1, "500m"))));
        var container = Join(Text(1, "c"), Text(2, "i"), Message(8, limits), Message(10, probe));
        var volume = Join(Text(1, "v"), Message(2, Message(1, Text(1, "/host"))));
        var template = Message(2, Join(Message(1, volume), Message(2, container)));
        var spec = Join(Varint(1, 0), Message(3, template), Varint(5, 0));
        var item = new ProtobufDecoder(ApiSchema.BuiltIn).Decode(Envelope("apps/v1", "Deployment", Message(2, spec)), "apps.Deployment");
        Assert.Equal(
            """{"replicas":0,"template":{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/host"}}],"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"500m"}},"livenessProbe":{"httpGet":{"path":"/h","port":8080},"periodSeconds":5}}]}}}""",
            item["spec"]!.ToJsonString());
    }

    [Fact]
    public void Protobuf_CutShortOrRandom_IsAFormatException()
    {
        var whole = Envelope("v1", "ConfigMap", Join(Message(1, Text(1, "a")), Message(2, Join(Text(1, "x"), Text(2, "y")))));
        var decoder = new ProtobufDecoder(ApiSchema.BuiltIn);
        Assert.Throws<FormatException>(() => decoder.Decode("k9s\0"u8, "core.ConfigMap"));
        var random = new Random(5);
        for (var i = 0; i < 3000; i++)
        {
            var bytes = whole.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(4, bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                decoder.Decode(bytes.AsSpan(0, random.Next(4, bytes.Length + 1)), "core.ConfigMap");
            }
            catch (FormatException)
            {
                // The one way to fail.
            }
        }
    }

    [Theory]
    [InlineData("{}", "BestEffort")]
    [InlineData("""{"requests":{"cpu":"1"}}""", "Burstable")]
    [InlineData("""{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1","memory":"1Gi"}}""", "Guaranteed")]
    [InlineData("""{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m","memory":"1Gi"}}""", "Burstable")]
    [InlineData("""{"limits":{"cpu":"1","memory":"1024Mi"},"requests":{"cpu":"1000m","memory":"1Gi"}}""", "Guaranteed")]
    public void Qos_ByResources_IsTheClass(string resources, string expected) =>
        Assert.Equal(expected, QosClass.Of(new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["resources"] = JsonPatchTests.Json(resources) }) }));

    [Theory]
    [InlineData("nginx", "Always")]
    [InlineData("nginx:latest", "Always")]
    [InlineData("nginx:1.2", "IfNotPresent")]
    [InlineData("r.example:5000/nginx", "Always")]
    [InlineData("r.example:5000/nginx:1", "IfNotPresent")]
    [InlineData("nginx@sha256:abc", "IfNotPresent")]
    public void Defaults_PullPolicy_FollowsTheTag(string image, string expected)
    {
        var spec = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["image"] = image }) };
        PodSpecDefaults.Apply(spec);
        Assert.Equal(expected, spec["containers"]![0]!["imagePullPolicy"]!.GetValue<string>());
        var once = spec.ToJsonString();
        PodSpecDefaults.Apply(spec);
        Assert.Equal(once, spec.ToJsonString());
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("a.b-c", true)]
    [InlineData("A", false)]
    [InlineData("-a", false)]
    [InlineData("a..b", false)]
    [InlineData("a\n", false)]
    [InlineData("", false)]
    public void Names_Subdomain_IsRfc1123(string name, bool expected) => Assert.Equal(expected, Names.Subdomain(name) is null);

    [Theory]
    [InlineData("app", true)]
    [InlineData("example.com/app_1", true)]
    [InlineData("/app", false)]
    [InlineData("example.com/", false)]
    [InlineData("Example.com/app", false)]
    [InlineData("a/b/c", false)]
    [InlineData("-app", false)]
    public void Names_Qualified_HasPrefixAndName(string key, bool expected) => Assert.Equal(expected, Names.Qualified(key) is null);

    [Theory]
    [InlineData("http", true)]
    [InlineData("h2-c", true)]
    [InlineData("80", false)]
    [InlineData("a--b", false)]
    [InlineData("Http", false)]
    [InlineData("sixteen-letters-", false)]
    public void Names_PortName_IsRfc6335(string name, bool expected) => Assert.Equal(expected, Names.PortName(name) is null);

    private static byte[] Envelope(string apiVersion, string kind, byte[] raw) => [.. "k8s\0"u8, .. Message(1, Join(Text(1, apiVersion), Text(2, kind))), .. Message(2, raw)];

    private static byte[] Text(int number, string text) => Message(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Message(int number, byte[] bytes) => [.. Number((ulong)(number << 3 | 2)), .. Number((ulong)bytes.Length), .. bytes];

    private static byte[] Varint(int number, long value) => [.. Number((ulong)(number << 3)), .. Number((ulong)value)];

    private static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    private static List<byte> Number(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return bytes;
    }
}
