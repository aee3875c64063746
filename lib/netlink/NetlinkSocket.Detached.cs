using System.Runtime.CompilerServices;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink;

/// <summary>Changes whose effect is there long before the call returns.</summary>
public sealed partial class NetlinkSocket
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMicroseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// As <see cref="Execute(Span{byte}, string, object?)"/>, but a child process makes the call, and this one goes on as soon as
    /// <paramref name="done"/> sees the effect; what the kernel still has to wait for, the child waits for. Where no child can be made,
    /// which is everywhere but in a NativeAOT executable, the call is an ordinary one.
    /// </summary>
    /// <exception cref="NetlinkException">The kernel refused it.</exception>
    /// <exception cref="SyscallException">ETIMEDOUT: neither an answer nor the effect came within <see cref="ReplyTimeout"/>.</exception>
    /// <param name="message">One whole message; NLM_F_ACK is added.</param>
    /// <param name="operation">What it does.</param>
    /// <param name="subject">The object.</param>
    /// <param name="done">Sees whether the effect is there.</param>
    /// <param name="kept">Another socket that the child holds open meanwhile.</param>
    internal void ExecuteDetached(Span<byte> message, string operation, object subject, Func<Descriptor, bool> done, NetlinkSocket? kept)
    {
        AddFlags(message, NetlinkFlags.Ack);
        var expected = Stamp(message);
        if (RuntimeFeature.IsDynamicCodeSupported || !Libc.TrySendFromChild(descriptor, message, kept?.descriptor))
        {
            Execute(message, operation, subject);
            return;
        }

        var deadline = Environment.TickCount64 + (long)ReplyTimeout.TotalMilliseconds;
        for (var pause = FirstPause; !done(descriptor); pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            while (TryReceive(out var datagram))
            {
                while (datagram.Read(out var answer))
                {
                    if (IsAnswer(answer, expected, expected) && answer.Type == NetlinkMessage.Error)
                    {
                        var ack = NetlinkAck.Read(answer);
                        if (ack.Errno != Errno.None)
                        {
                            throw ack.ToException(Describe(operation, subject), message);
                        }

                        return;
                    }
                }
            }

            if (Environment.TickCount64 > deadline)
            {
                throw new SyscallException("recvfrom", Errno.ETIMEDOUT);
            }

            Libc.Sleep(pause);
        }
    }
}
