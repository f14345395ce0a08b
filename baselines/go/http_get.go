package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
)

// httpAnswer is an answer as it came, whole.
type httpAnswer struct {
	status int
	header http.Header
	body   string
}

// httpGet is one request, one answer, one connection.
func httpGet(address, target string) (httpAnswer, error) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return httpAnswer{}, err
	}
	defer connection.Close()
	_, err = fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
		target, address)
	if err != nil {
		return httpAnswer{}, err
	}
	text, err := io.ReadAll(connection)
	if err != nil {
		return httpAnswer{}, err
	}
	return parseHTTPAnswer(text)
}

func parseHTTPAnswer(text []byte) (httpAnswer, error) {
	rest := bufio.NewReader(bytes.NewReader(text))
	response, err := http.ReadResponse(rest, nil)
	if err != nil {
		return httpAnswer{}, fmt.Errorf("the answer is not HTTP/1.1 or was cut off: %w", err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || response.ContentLength != int64(len(body)) {
		return httpAnswer{}, fmt.Errorf("the answer's body was cut off: %d of %d bytes",
			len(body), response.ContentLength)
	}
	if _, err := rest.ReadByte(); err != io.EOF {
		return httpAnswer{}, fmt.Errorf("more came than the answer's Content-Length says")
	}
	return httpAnswer{response.StatusCode, response.Header, string(body)}, nil
}
