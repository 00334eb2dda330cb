namespace DctNet.C2pa;

/// <summary>
/// A manifest could not be made or signed: the file is no picture that can carry one, or a signer or time-stamp authority failed. The
/// message is for whoever runs the program. Verifying never throws it.
/// </summary>
public sealed class C2paException : Exception
{
    /// <param name="message">What is wrong, for whoever runs the program.</param>
    public C2paException(string message)
        : base(message)
    {
    }

    /// <param name="message">As above.</param>
    /// <param name="inner">What caused it.</param>
    public C2paException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
