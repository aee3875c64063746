using Podwire.ApiServer.Resources;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Storage;
using Podwire.ApiServer.Watch;

namespace Podwire.ApiServer.Tests;

public class SelectorTests
{
    private static readonly ApiResource Pods = new ResourceCatalog(BuiltInResources.Create())["", "v1", "pods"];

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData("app!=web", false)]
    [InlineData("absent!=x", true)]
    [InlineData("app in (db, web)", true)]
    [InlineData("app notin (db,web)", false)]
    [InlineData("absent notin (db)", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("! absent", true)]
    [InlineData("n>4,n<6", true)]
    [InlineData("n>5", false)]
    [InlineData("app=web,tier in (a,b),!gone", true)]
    [InlineData("app=web,tier=z", false)]
    [InlineData("empty=", true)]
    public void LabelSelector_OnLabels_Matches(string text, bool expected) =>
        Assert.Equal(expected, LabelSelector.Parse(text).Matches(new Dictionary<string, string> { ["app"] = "web", ["tier"] = "a", ["n"] = "5", ["empty"] = "" }));

    [Theory]
    [InlineData("a in b")]
    [InlineData("a near (b)")]
    [InlineData("a=b c")]
    [InlineData("=b")]
    [InlineData("-a=b")]
    [InlineData("a>b")]
    [InlineData("a,,b")]
    public void LabelSelector_Malformed_IsABadRequest(string text) => Assert.Equal(400, Assert.Throws<ApiException>(() => LabelSelector.Parse(text)).Code);

    [Theory]
    [InlineData("", true)]
    [InlineData("metadata.name=p", true)]
    [InlineData("metadata.name!=p", false)]
    [InlineData("spec.nodeName=n1,status.phase!=Failed", true)]
    [InlineData("spec.nodeName==", false)]
    [InlineData("metadata.namespace=ns", true)]
    [InlineData("spec.nodeName=n\\1", true)]
    public void FieldSelector_OnAPod_Matches(string text, bool expected)
    {
        var pod = StoredObject.Read(Pods.Stored, "ns/p", 1, """{"metadata":{"name":"p","namespace":"ns"},"spec":{"nodeName":"n1"},"status":{"phase":"Running"}}"""u8.ToArray());
        Assert.Equal(expected, FieldSelector.Parse(text, Pods).Matches(pod));
    }

    [Theory]
    [InlineData("spec.image=x")]
    [InlineData("metadata.name")]
    public void FieldSelector_OfWhatCannotBeSelected_IsABadRequest(string text) => Assert.Equal(400, Assert.Throws<ApiException>(() => FieldSelector.Parse(text, Pods)).Code);

    [Fact]
    public void ContinueToken_RoundTrips_AndRefusesOthers()
    {
        var token = new ContinueToken(42, "ns/name-1");
        Assert.True(ContinueToken.TryDecode(token.Encode(), out var back));
        Assert.Equal(token, back);
        foreach (var bad in new[] { "x", "!!!!", "djE6eDpr", string.Empty })
        {
            Assert.False(ContinueToken.TryDecode(bad, out _));
        }
    }
}
