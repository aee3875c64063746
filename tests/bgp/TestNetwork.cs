using Podwire.Bgp.Session;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>Speakers joined in memory: octets go over in pieces, the clock is turned by hand. Every address names one speaker.</summary>
internal sealed class TestNetwork
{
    private readonly Dictionary<IpAddress, TestSpeaker> speakers = [];

    public long Now { get; set; } = 1_000;

    /// <summary>The most octets that one step carries over a link; small values cut messages in the middle.</summary>
    public int Chunk { get; set; } = int.MaxValue;

    public TestSpeaker Add(string address, uint asn = 64512, bool restarting = false, string? cluster = null)
    {
        var made = new TestSpeaker(this, IpAddress.Parse(address), asn, restarting, cluster);
        speakers[made.Address] = made;
        return made;
    }

    public TestSpeaker? Find(IpAddress address) => speakers.GetValueOrDefault(address);

    public void Forget(TestSpeaker speaker) => speakers.Remove(speaker.Address);

    /// <summary>Lets everything happen that happens without time passing.</summary>
    public void Settle(int mostSteps = 100_000)
    {
        for (var step = 0; step < mostSteps; step++)
        {
            var moved = false;
            foreach (var speaker in speakers.Values.ToArray())
            {
                speaker.Speaker.Tick(Now);
            }

            foreach (var speaker in speakers.Values.ToArray())
            {
                moved |= speaker.Step();
            }

            if (!moved)
            {
                return;
            }
        }

        Assert.Fail("the network does not come to rest");
    }

    public void Pass(TimeSpan time)
    {
        // In steps, so that keepalives are sent when they are due.
        for (var left = time.TotalMilliseconds; left > 0; left -= 1000)
        {
            Now += (long)Math.Min(1000, left);
            Settle();
        }
    }
}
