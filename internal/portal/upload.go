package portal

import (
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"dobosh/internal/kit/problem"
)

// Upload finds the one file of a form.
func (v *Visit) Upload(name string) (*multipart.Part, error) {
	reader, err := v.R.MultipartReader()
	if err != nil {
		return nil, problem.New(problem.Invalid, "form-unreadable").Because(err)
	}
	for {
		part, err := reader.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, problem.New(problem.Invalid, "file-missing")
		case err != nil:
			return nil, Unreadable(err)
		case part.FormName() == name && part.FileName() == "":
			return nil, problem.New(problem.Invalid, "file-missing")
		case part.FormName() == name:
			return part, nil
		}
	}
}

// patience is how long a large file may take on a bad line.
const patience = 15 * time.Minute

// UploadOf finds the one file of a form that may be larger than [UploadMax]. Its content is read as it comes,
// by the page; fields behind the file are lost. What is larger is read a while all the same, since a browser
// shows no answer before it has sent everything: whoever reads the file says that it is too large.
func (v *Visit) UploadOf(name string, most int64) (*multipart.Part, error) {
	if v.body == nil {
		return nil, problem.New(problem.Invalid, "form-unreadable")
	}
	v.R.Body = http.MaxBytesReader(v.W, v.body, 4*most+FormMax)
	v.linger()
	return v.Upload(name)
}

// linger gives a large body its time; a writer that knows no deadlines has none.
func (v *Visit) linger() {
	until, line := time.Now().Add(patience), http.NewResponseController(v.W)
	_ = line.SetReadDeadline(until)
	_ = line.SetWriteDeadline(until)
}

// Download ends a visit with a file of somebody else, which a browser keeps and shows under no circumstances
// as a page of this portal. What cannot be read to its end breaks off, so that nobody takes a part for the whole.
func (v *Visit) Download(media, name string, size int64, content io.Reader) error {
	h := v.W.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	v.linger()
	if n, err := io.Copy(v.W, content); err != nil || n != size {
		if v.R.Context().Err() != nil {
			return nil // the reader left
		}
		v.Log.ErrorContext(v.R.Context(), "a file broke off", slog.String("route", v.R.Pattern), slog.Any("error", err))
		panic(http.ErrAbortHandler)
	}
	return nil
}

// UnreadableFile is the problem of a file that cannot be read to its end.
func UnreadableFile(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return problem.New(problem.TooLarge, "file-too-large").Because(err)
	}
	return problem.New(problem.Invalid, "file-unreadable").Because(err)
}
