using FsCheck;
using FsCheck.Fluent;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Tests.Compile;

public sealed class SlotAssignmentTests
{
    [Theory]
    [InlineData("", "cab", "abc")]
    [InlineData("abc", "abc", "abc")]
    [InlineData("cab", "abc", "cab")]
    [InlineData("abc", "abd", "abd")]
    [InlineData("abcd", "bcd", "dbc")]
    [InlineData("abc", "abcd", "abcd")]
    [InlineData("abcd", "cx", "xc")]
    [InlineData("abcde", "e", "e")]
    [InlineData("abc", "", "")]
    [InlineData("aab", "ab", "ab")]
    public void Assign_KeepsEveryoneInPlaceAndFillsHolesFromTheEnd(string before, string wanted, string expected) =>
        Assert.Equal(expected, Text(SlotAssignment.Assign(Endpoints(before), Endpoints(wanted))));

    [Fact]
    public void Assign_AnyChange_HoldsExactlyTheWantedAndMovesNoMoreThanItMust()
    {
        var sets = ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => bytes.Select(b => b % 24).Distinct().ToArray());
        var pairs = Gen.Zip(sets, sets);
        Prop.ForAll(pairs.ToArbitrary(), static pair =>
        {
            var before = pair.Item1.Select(At).ToArray();
            var wanted = pair.Item2.Select(At).ToArray();

            var after = SlotAssignment.Assign(before, wanted);

            var added = wanted.Except(before).Count();
            var removed = before.Except(wanted).Count();
            var touched = Enumerable.Range(0, Math.Min(before.Length, after.Length)).Count(i => before[i] != after[i]);
            return after.ToHashSet().SetEquals(wanted) && after.Length == wanted.Length && (before.Length == 0 || touched <= Math.Max(added, removed));
        }).QuickCheckThrowOnFailure();
    }

    private static EndpointAddress At(int number) => new(IpAddress.FromV4(0x0A000000u + (uint)number), 80);

    private static EndpointAddress[] Endpoints(string letters) => [.. letters.Select(letter => At(letter))];

    private static string Text(IEnumerable<EndpointAddress> endpoints) => string.Concat(endpoints.Select(endpoint => (char)((uint)endpoint.Address.Value & 255)));
}
